import { afterAll, describe, expect, it } from 'vitest';
import {
  allAt,
  CYCLES_MS,
  messages,
  nextCycle,
  picture,
  reportOf,
  type HostStatus,
} from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';

const host = lab.host(1);

const untilStatus = (what: string, isWell: (status: HostStatus) => boolean): Promise<HostStatus> =>
  waitFor(what, () => reportOf(host), 2 * CYCLES_MS, isWell);
const untilNotFollowed = (pattern: RegExp): Promise<HostStatus> =>
  untilStatus(
    `the source to be said to fail with ${pattern}`,
    ({ source }) => !source.ok && pattern.test(source.why ?? ''),
  );

describe('a state repository that cannot be followed', () => {
  afterAll(async () => {
    lab.gitServer.start();
    await allAt(lab.head());
  });

  it('Git server down: said, drift is still put right, and a return is said too', async () => {
    const cursor = host.cursor();
    lab.gitServer.stop();
    try {
      await untilNotFollowed(/10\.1\.0\.254/);
      host.shell('chmod 0666 /etc/haproxy/haproxy.cfg');
      await nextCycle(host);
      expect(host.run(['stat', '-c', '%a', '/etc/haproxy/haproxy.cfg']).stdout.trim()).toBe('644');
    } finally {
      lab.gitServer.start();
    }
    await untilStatus('the source to be followed', ({ source }) => source.ok);
    expect(messages(host.journal(cursor)).join('\n')).toContain('can be followed again');
  });

  it('wrong host key: nothing is fetched, the file to mend is named', async () => {
    const known = host.read('/etc/holdfast/known_hosts');
    lab.gitServer.rekey();
    try {
      const { source } = await untilNotFollowed(/key/i);
      expect(source.why).toContain('/etc/holdfast/known_hosts');
    } finally {
      const key = host.shell('ssh-keyscan -t ed25519 10.1.0.254 2>/dev/null').stdout;
      for (const n of HOSTS) lab.host(n).write('/etc/holdfast/known_hosts', key);
    }
    expect(known).not.toBe(host.read('/etc/holdfast/known_hosts'));
    await untilStatus('the source to be followed', ({ source }) => source.ok);
  });

  it('rewritten history: both commits are named, nothing changes, and "holdfast accept" is the way out', async () => {
    const accepted = lab.head();
    lab.git('commit', '--amend', '--allow-empty', '-m', 'The same, in other words');
    const rewritten = lab.commit({}, 'rewritten', { force: true });
    const before = picture(host);
    const { source } = await untilNotFollowed(/rewritten/);
    expect(source.why).toContain(accepted);
    expect(source.why).toContain(`holdfast accept ${rewritten}`);
    expect(picture(host)).toBe(before);
    for (const n of HOSTS)
      expect(lab.host(n).run(['holdfast', 'accept', rewritten]).stdout).toContain('is accepted');
    await allAt(rewritten);
  });

  it('an emptied defaults.yaml: refused, nothing is released', async () => {
    const before = HOSTS.map((n) => picture(lab.host(n)));
    const old = lab.git('show', 'HEAD:defaults.yaml');
    const sha = lab.commit({ 'defaults.yaml': '' }, 'Oops');
    for (const [at, n] of HOSTS.entries()) {
      const status = await waitFor(
        `host ${n} to refuse it`,
        () => reportOf(lab.host(n)),
        CYCLES_MS,
        (s) => s.refused?.commit?.sha === sha,
      );
      expect(status.refused?.reasons.join()).toContain('allowMassRemoval');
      expect(picture(lab.host(n))).toBe(before[at]);
    }
    await allAt(lab.commit({ 'defaults.yaml': `${old}\n` }, 'Back again'));
  });

  it('a repository of 5,000 more files is followed', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`notes/${n % 50}/${n}.txt`, `note ${n}\n`]),
    );
    await allAt(lab.commit(many, 'All my notes'));
    lab.git('rm', '-rq', 'notes');
    await allAt(lab.commit({}, 'Elsewhere after all'));
  });

  it('an empty repository: said, and nothing is changed', async () => {
    host.shell('git init -q --bare /srv/empty.git');
    const before = picture(host);
    const config = host.read('/etc/holdfast/agent.yaml');
    host.write('/etc/holdfast/agent.yaml', config.replace(/url: .*/, 'url: /srv/empty.git'), '0600');
    host.run(['systemctl', 'restart', 'holdfast']);
    try {
      await untilNotFollowed(/no commits yet/);
      expect(picture(host)).toBe(before);
    } finally {
      host.write('/etc/holdfast/agent.yaml', config, '0600');
      host.run(['systemctl', 'restart', 'holdfast']);
    }
    await untilStatus('the source to be followed', ({ source }) => source.ok);
  });
});
