import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { allAt, CYCLES_MS, messages, picture, statusOf } from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';

const host = lab.host(3);
const CONFIG = '/etc/holdfast/agent.yaml';
const KEY = '/etc/holdfast/deploy_key';

describe('the services', () => {
  it.each(['holdfast', 'holdfast-recover', 'holdfast-agree'])('%s is exposed to 4.0 at most', (unit) => {
    const line = host
      .run(['systemd-analyze', 'security', '--no-pager', unit])
      .stdout.trim()
      .split('\n')
      .at(-1);
    const [, exposure = '10'] = /exposure level for .*: ([\d.]+) /.exec(line ?? '') ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(4);
  });

  it('runs without a capability that it does not need, and sees the mounts that the host makes later', () => {
    const pid = host.run(['systemctl', 'show', '-p', 'MainPID', '--value', 'holdfast']).stdout.trim();
    // Bit 21 is CAP_SYS_ADMIN (capability.h).
    const [, mask = 'f'] = /CapBnd:\s*(\w+)/.exec(host.read(`/proc/${pid}/status`)) ?? [];
    expect((BigInt(`0x${mask}`) >> 21n) & 1n).toBe(0n);
    host.shell('mkdir -p /mnt/later && mount -t tmpfs later /mnt/later');
    try {
      expect(host.read(`/proc/${pid}/mounts`)).toContain(' /mnt/later ');
    } finally {
      host.shell('umount /mnt/later && rmdir /mnt/later');
    }
  });
});

describe('what only root may get at', () => {
  const restart = (): number => host.run(['systemctl', 'restart', 'holdfast'], { allowFail: true }).exitCode;
  afterAll(async () => {
    host.shell(`chmod 0600 ${CONFIG} ${KEY}; systemctl restart holdfast`);
    await allAt(lab.head(), [3]);
  });

  it.each([CONFIG, KEY])(
    '%s: the agent does not start while others can read it, and says the way out',
    async (path) => {
      const cursor = host.cursor();
      host.run(['chmod', '0644', path]);
      expect(restart()).not.toBe(0);
      await waitFor(
        'the sentence in the journal',
        () => messages(host.journal(cursor)).join('\n'),
        CYCLES_MS,
        (said) =>
          said.includes(
            `${path} can be read by others than root: its mode is 0644. Run "chmod 0600 ${path}"`,
          ),
      );
      host.run(['chmod', '0600', path]);
      expect(restart()).toBe(0);
    },
  );
});

describe('a commit that means harm', () => {
  it('is refused with a sentence for each of its traps, changes nothing, and its message does not act', async () => {
    const state = lab.git('rev-parse', '--show-toplevel');
    const before = picture(host);
    const cursor = host.cursor();
    symlinkSync('/etc/shadow', join(state, 'files', 'shadow'));
    const doubled = 'bcdefghij'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join()}]`);
    const sha = lab.commit(
      {
        'roles/backup.yaml': ['a: &a [x]', ...doubled].join('\n'),
        'hosts/kubernetes-node-3.yaml': `files:
  /etc/hostile/shadow: { source: shadow }
  /etc/hostile/loop: { content: "<% for (;;); %>" }
  /etc/holdfast/agent.yaml: { content: "mine" }
`,
      },
      'Harmless\u001b]0;owned\u0007\u202e',
    );
    try {
      const { refused } = await waitFor(
        'the commit to be refused',
        () => statusOf(host),
        CYCLES_MS,
        (status) => status.refused?.commit?.sha === sha,
      );
      const said = refused!.reasons.join('\n');
      expect(said).toContain('it uses more than 100 aliases (*name)');
      expect(said).toMatch(/hosts\/kubernetes-node-3\.yaml:4:\d+: .*"?\/etc\/holdfast\/agent\.yaml/);
      expect(picture(host)).toBe(before);
      const shown = [...messages(host.journal(cursor)), host.run(['holdfast', 'status']).stdout].join('\n');
      expect(shown).toContain('Harmless');
      // eslint-disable-next-line no-control-regex
      expect(shown).not.toMatch(/[\u001b\u0007\u202e]/);
      // With that mistake mended the next ones are seen.
      const next = lab.commit(
        { 'hosts/kubernetes-node-3.yaml': (old) => old.replace(/.*agent\.yaml.*\n/, '') },
        'Less of it',
      );
      const again = await waitFor(
        'the next commit to be refused',
        () => statusOf(host),
        CYCLES_MS,
        (status) => status.refused?.commit?.sha === next,
      );
      const all = again.refused!.reasons.join('\n');
      expect(all).toContain('files/shadow is a link to /etc/shadow, which is outside the state repository');
      expect(all).toContain('the template did not end within 5 s');
      expect(picture(host)).toBe(before);
    } finally {
      rmSync(join(state, 'files', 'shadow'), { force: true });
      lab.git('checkout', '--quiet', `${sha}~1`, '--', 'roles', 'hosts');
      await allAt(lab.commit({}, 'As it was'), HOSTS);
    }
  });
});

describe('the status of a host', () => {
  const ask = (from: string) =>
    lab.host(2).run(['curl', '-sS', '-m', '3', '--interface', from, `http://${host.address}:9463/status`], {
      allowFail: true,
    });

  it('is told to no stranger in the network, although the firewall is off', () => {
    host.run(['holdfast', 'pause', '--reason', 'without a firewall']);
    lab.host(2).run(['ip', 'address', 'add', '10.1.77.77/16', 'dev', 'eth0']);
    try {
      host.run(['ufw', 'disable']);
      expect(ask('10.1.1.2')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"role"') });
      const stranger = ask('10.1.77.77');
      expect(stranger.stdout).toBe('');
      // 52: closed without a byte; 56: reset.
      expect([52, 56]).toContain(stranger.exitCode);
    } finally {
      lab.host(2).run(['ip', 'address', 'delete', '10.1.77.77/16', 'dev', 'eth0']);
      host.shell('ufw --force enable; holdfast resume');
    }
  });
});
