import { describe, expect, it } from 'vitest';
import { allAt, CYCLES_MS, messages, picture, reportOf } from '../support/cluster.ts';
import { lab, waitFor } from '../support/lab.ts';

const host = lab.host(3);
const configured = (): string => host.read('/etc/holdfast/agent.yaml');
const restartWith = (config: string): void => {
  host.write('/etc/holdfast/agent.yaml', config, '0600');
  host.run(['systemctl', 'restart', 'holdfast']);
};

describe('a host that the cluster does not know', () => {
  it.each<[string, string, RegExp]>([
    [
      'whose hostname is not listed',
      'kubernetes-node-33',
      /kubernetes-node-33.*names only kubernetes-node-1/s,
    ],
    ['whose address is another host’s (a cloned card)', 'kubernetes-node-2', /10\.1\.1\.2/],
  ])('%s keeps pulling, changes nothing and says so', async (_what, hostname, pattern) => {
    const config = configured();
    const before = picture(host);
    const cursor = host.cursor();
    restartWith(`${config}hostname: ${hostname}\n`);
    try {
      const status = await waitFor(
        'no desired state',
        () => reportOf(host),
        CYCLES_MS,
        (s) => s.outcome === 'no desired state',
      );
      expect(status.why).toMatch(pattern);
      expect(status.source.ok).toBe(true);
      expect(picture(host)).toBe(before);
      expect(messages(host.journal(cursor)).join('\n')).toMatch(pattern);
      const sha = lab.commit({ 'README.md': (old) => `${old}\nA line for ${hostname}.\n` }, 'Something else');
      await waitFor(
        'the new commit to be pulled all the same',
        () => reportOf(host),
        CYCLES_MS,
        (s) => s.source.head === sha,
      );
    } finally {
      restartWith(config);
    }
    await allAt(lab.head());
  });
});

describe('a host that is renamed while the daemon runs', () => {
  it('is no host of the cluster from the next cycle on, and is one again when it has its name back', async () => {
    const before = picture(host);
    host.run(['hostname', 'web-1']);
    try {
      const status = await waitFor(
        'no desired state',
        () => reportOf(host),
        CYCLES_MS,
        (s) => s.outcome === 'no desired state',
      );
      expect(status.why).toContain('web-1');
      expect(picture(host)).toBe(before);
    } finally {
      host.run(['hostname', host.name]);
    }
    await allAt(lab.head());
  });
});

describe('two agents at once', () => {
  it('a second daemon does not start, and says who holds the lock', () => {
    const pid = host.run(['systemctl', 'show', '-p', 'MainPID', '--value', 'holdfast']).stdout.trim();
    const second = host.run(['holdfast', 'run'], { allowFail: true });
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toContain(`"holdfast run" (pid ${pid})`);
  });

  it('a command waits for a cycle that is under way, and then does its own', () => {
    // flock(1) stands for a cycle that takes three seconds.
    const said = host.shell(
      'flock /run/holdfast/lock sleep 3 & sleep 0.3; holdfast converge; echo "exit $?"; wait',
      { allowFail: true },
    );
    expect(said.stderr).toContain('Waiting at most');
    expect(said.stdout).toContain('exit 0');
  });
});
