import { afterEach, describe, expect, it } from 'vitest';
import { allAt, CYCLES_MS, messages, picture, reportOf } from '../support/cluster.ts';
import { HOSTS, lab, waitFor, type Changes } from '../support/lab.ts';

/** Commits what must be refused; gives back what the host said of it. */
async function refusedFor(
  changes: Changes,
  subject: string,
  hosts: readonly number[] = HOSTS,
): Promise<readonly string[]> {
  const before = hosts.map((n) => picture(lab.host(n)));
  const cursors = hosts.map((n) => lab.host(n).cursor());
  const sha = lab.commit(changes, subject);
  const said: string[] = [];
  for (const [at, n] of hosts.entries()) {
    const host = lab.host(n);
    const status = await waitFor(
      `host ${n} to refuse ${sha.slice(0, 12)}`,
      () => reportOf(host),
      CYCLES_MS,
      (s) => s.refused?.commit?.sha === sha,
    );
    expect(picture(host)).toBe(before[at]);
    const entry = host
      .journal(cursors[at])
      .find((e) => e['HOLDFAST_EVENT'] === 'refused' && e['HOLDFAST_COMMIT'] === sha);
    expect(entry?.PRIORITY).toBe('3');
    expect(messages([entry!])[0]).toContain(subject);
    expect(host.run(['holdfast', 'why']).stdout).toContain(status.refused!.reasons[0]!.split('\n')[0]);
    said.push([...status.refused!.reasons, ...messages([entry!])].join('\n'));
  }
  return said;
}

describe('a commit that cannot be right changes nothing on any host, says why, and the next good one goes through', () => {
  afterEach(async () => {
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(lab.commit({}, 'revert'));
  });

  it('bad YAML', async () => {
    for (const said of await refusedFor(
      { 'defaults.yaml': (old) => `${old}\nunits: { a.service: [\n` },
      'Half a list',
    ))
      expect(said).toMatch(/defaults\.yaml:\d+:\d+: /);
  });

  it('an unknown key', async () => {
    for (const said of await refusedFor(
      { 'cluster.yaml': (old) => `${old}\nvipp: 10.1.233.9\n` },
      'A typing mistake',
    ))
      expect(said).toMatch(/cluster\.yaml:\d+:\d+: vipp: .*[Dd]id you mean "?vip"?/);
  });

  it('an undefined template variable', async () => {
    for (const said of await refusedFor(
      { 'files/haproxy.cfg.eta': (old) => `${old}\n# <%= it.cluster.nmae %>\n` },
      'No such variable',
    ))
      expect(said).toMatch(/files\/haproxy\.cfg\.eta:\d+.*it\.cluster\.nmae/);
  });

  it('a template that does not end', async () => {
    for (const said of await refusedFor(
      { 'files/haproxy.cfg.eta': (old) => `${old}\n<% while (true) {} %>\n` },
      'Round and round',
    ))
      expect(said).toMatch(/files\/haproxy\.cfg\.eta.*did not end/);
  });

  it('a HAProxy configuration that does not parse', async () => {
    for (const said of await refusedFor(
      { 'files/haproxy.cfg.eta': (old) => old.replace('balance leastconn', 'balance leastcon') },
      'No such algorithm',
    ))
      expect(said).toMatch(/roles\/haproxy\.yaml:\d+:\d+: file\[\/etc\/haproxy\/haproxy\.cfg\]: .*leastcon/s);
  });

  it('a keepalived configuration that keepalived -t does not pass', async () => {
    for (const said of await refusedFor(
      { 'files/keepalived.conf.eta': (old) => old.replace('virtual_router_id', 'virtual_router_idd') },
      'No such keyword',
    ))
      expect(said).toMatch(/file\[\/etc\/keepalived\/keepalived\.conf\]: .*virtual_router_idd/s);
  });

  it('rules that would lock out SSH', async () => {
    for (const said of await refusedFor(
      { 'defaults.yaml': (old) => old.replace(/^.*- allow 22\/tcp.*\n/m, '    - deny 22/tcp\n') },
      'SSH? Never heard of it',
    ))
      expect(said).toMatch(/ufw.*\b22\b/s);
  });

  it('rules that would cut etcd', async () => {
    for (const said of await refusedFor(
      { 'roles/control-plane.yaml': (old) => old.replaceAll('2379:2380', '2378') },
      'A wrong port for etcd',
    ))
      expect(said).toMatch(/ufw.*\b2380\b/s);
    for (const n of HOSTS) {
      const ages = Object.values(lab.host(n).etcdAges());
      expect(ages.every((age) => age !== null && age < 5_000)).toBe(true);
    }
  });
});
