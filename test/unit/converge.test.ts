import { beforeEach, describe, expect, test } from 'vitest';
import { absent, daemonReload, file, pkg, reload, sysctl, unit } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';

/** Whole cycles: what a host is after them, and what its journal says. */

const CFG = '/etc/haproxy/haproxy.cfg';
const COMMIT_1 = 'Commit 111111111111 "change 1"';
let host: FakeHost;
let cycle: FakeCycle;
beforeEach(() => {
  host = new FakeHost();
  host.put(CFG, 'as found\n');
  host.unit('haproxy.service', false, true, { reads: [CFG] });
  host.kernel.set('net/ipv4/ip_nonlocal_bind', '0');
  host.kernel.set('net/ipv4/ip_forward', '0');
  host.makeFolders('/etc/sysctl.d');
  cycle = new FakeCycle(host);
});
const basic = (text = 'wanted\n') => [
  file(host, CFG, text, { notify: [reload('haproxy.service')] }),
  sysctl('net.ipv4.ip_nonlocal_bind', '1'),
  sysctl('net.ipv4.ip_forward', '1'),
  unit('haproxy.service', { enabled: true, running: true }),
];
const stateWrites = (): readonly string[] => host.timeline.filter((what) => what.startsWith('state:'));

test('the first cycle brings the host to its desired state and says so', async () => {
  const { status } = await cycle.commit(1, basic()).run();
  expect(status).toMatchObject({
    outcome: 'changed',
    role: 'MASTER',
    generation: 1,
    commit: { subject: 'change 1' },
    resources: 4,
  });
  expect(host.text(CFG)).toBe('wanted\n');
  expect(host.units.get('haproxy.service')).toMatchObject({ enabled: true, told: ['enable', 'reload'] });
  expect(cycle.said).toEqual([
    'info This host is kubernetes-node-1: MASTER, VRRP priority 100, address 10.1.1.1.',
    `info applied: file[${CFG}]: content`,
    'info applied: sysctl[net.ipv4.ip_nonlocal_bind]: 0 → 1, set at boot',
    'info applied: sysctl[net.ipv4.ip_forward]: 0 → 1, set at boot',
    'info applied: unit[haproxy.service]: enabled at boot',
    `info ${COMMIT_1} by Ada: 4 changes in 0.0 s; systemctl reload haproxy.service.`,
  ]);
});

test('the second cycle changes nothing, says nothing, and writes nothing to the card', async () => {
  await cycle.commit(1, basic()).run();
  const before = host.snapshot();
  const { status } = await cycle.run();
  expect(status.outcome).toBe('in desired state');
  expect([host.log, stateWrites(), cycle.said]).toEqual([[], ['state: replace status.json'], []]);
  await cycle.run();
  expect([host.snapshot(), host.log, stateWrites(), cycle.said]).toEqual([before, [], [], []]);
  expect(cycle.events).toEqual([
    { at: 'debug', event: 'unchanged', sentence: 'Nothing to do: in desired state.' },
  ]);
});

test('a directory, or a commit that is rendered again, writes nothing either once it is in force', async () => {
  cycle.directory('/srv/state', basic());
  for (let n = 0; n < 3; n += 1) await cycle.run();
  expect([stateWrites(), (await cycle.run()).status.generation]).toEqual([[], 1]);
  cycle.commit(1, basic()).renderingAgain();
  for (let n = 0; n < 3; n += 1) await cycle.run();
  expect([stateWrites(), (await cycle.run()).status.generation]).toEqual([[], 2]);
});

test('what may be needed to go back is on disk before the first effect', async () => {
  await cycle.commit(1, basic()).run();
  const first = host.timeline.findIndex((what) => !what.startsWith('state:'));
  const before = host.timeline.slice(0, first);
  expect(before.filter((what) => what.includes('blobs/'))).toHaveLength(2);
  expect(before.filter((what) => what.includes('generations/'))).toHaveLength(1);
  expect(before.slice(-2)).toEqual(['state: append journal', 'state: append journal']);
});

describe('drift', () => {
  test('is put right within a cycle, and each one is named', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n', 0o600);
    host.kernel.set('net/ipv4/ip_forward', '0');
    host.units.get('haproxy.service')!.enabled = false;
    const { status } = await cycle.run();
    expect(cycle.said).toEqual([
      `warn drift put right: file[${CFG}]: content, mode 0600 → 0644`,
      'warn drift put right: sysctl[net.ipv4.ip_forward]: 0 → 1',
      'warn drift put right: unit[haproxy.service]: enabled at boot',
      'info Drift put right, back to commit 111111111111: 3 changes in 0.0 s; systemctl reload haproxy.service.',
    ]);
    expect(status).toMatchObject({ outcome: 'changed', generation: 1, lastDrift: { failure: null } });
    expect(host.text(CFG)).toBe('wanted\n');
  });

  test('is put right while the repository cannot be reached, also after a restart of the agent', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    const { status } = await cycle.offline('The Git server does not answer.').run();
    expect(host.text(CFG)).toBe('wanted\n');
    expect(status).toMatchObject({ outcome: 'changed', source: { ok: false } });
    expect(cycle.said[0]).toBe(
      'warn The Git server does not answer. Meanwhile commit 111111111111 goes on being enforced.',
    );
    await cycle.run();
    expect(cycle.said).toEqual([]);
    await cycle.offline(null).run();
    expect(cycle.said).toEqual(['info The state repository can be followed again.']);
  });

  test('does not pile up bytes on the card', async () => {
    await cycle.commit(1, basic()).run();
    for (const text of ['a', 'b', 'c']) {
      host.put(CFG, text);
      await cycle.run();
    }
    // What was first seen, and what is wanted.
    expect(await host.state.list('blobs')).toHaveLength(2);
  });
});

describe('drift that keeps coming back', () => {
  const fight = async (times: number): Promise<readonly string[]> => {
    const said: string[] = [];
    for (let n = 0; n < times; n += 1) {
      host.put(CFG, 'theirs\n');
      await cycle.run();
      said.push(...cycle.said);
    }
    return said;
  };

  test('is put right three times an hour, then reported and left, until somebody retries or an hour is over', async () => {
    await cycle.commit(1, basic()).run();
    const said = await fight(6);
    expect(said.filter((line) => line.startsWith('warn drift put right'))).toHaveLength(3);
    expect(said.filter((line) => line.includes('something changes it back each time'))).toHaveLength(1);
    expect(host.text(CFG)).toBe('theirs\n');
    cycle.nowMs += 3_600_000;
    await cycle.run();
    expect(host.text(CFG)).toBe('wanted\n');
  });

  test('and could not be put right is not blamed on somebody else', async () => {
    await cycle.commit(1, basic()).run();
    host.kernel.set('net/ipv4/ip_forward', '0');
    host.beforeEffect = (what) => {
      if (what.startsWith('kernel')) throw new Error('read-only');
    };
    for (let n = 0; n < 5; n += 1) await cycle.run();
    const [first] = (await cycle.run()).status.cannot;
    expect(first?.why).toMatch(/^it was tried 3 times within an hour .*could not be put right/);
  });

  test('does not keep what needs it down, nor other drift', async () => {
    const needs = basic().map((one) =>
      one.id === 'unit[haproxy.service]' ? { ...one, requires: [`file[${CFG}]`] as const } : one,
    );
    await cycle.commit(1, needs).run();
    await fight(4);
    host.units.get('haproxy.service')!.running = false;
    host.kernel.set('net/ipv4/ip_forward', '0');
    const { status } = await cycle.run();
    expect(host.units.get('haproxy.service')!.running).toBe(true);
    expect(host.kernel.get('net/ipv4/ip_forward')).toBe('1');
    expect(status.cannot.map(({ id }) => id)).toEqual([`file[${CFG}]`]);
  });
});

describe('a change after which the virtual IP does not answer', () => {
  const bad = () => cycle.commit(2, [...basic('bad\n'), absent('/etc/motd')]);
  beforeEach(async () => {
    await cycle.commit(1, basic()).run();
    cycle.health.unwell();
  });

  test('is taken back exactly, and the journal tells the whole story on one screen', async () => {
    const before = host.snapshot();
    const { status } = await bad().run();
    expect(host.snapshot()).toBe(before);
    expect(status).toMatchObject({ outcome: 'rolled back', generation: 1, commit: { subject: 'change 1' } });
    expect(cycle.said).toEqual([
      `warn taken back: file[${CFG}]: content`,
      expect.stringMatching(
        /^error Commit 2{12} "change 2" by Ada was taken back, .*connection refused.*as it was before.*holdfast retry$/,
      ),
    ]);
  });

  test('is not tried again, also not under another commit or beside an addition', async () => {
    await bad().run();
    cycle.health.well();
    host.log.length = 0;
    for (const n of [2, 3]) {
      const { status } = await cycle.commit(n, basic('bad\n')).run();
      expect([status.outcome, host.log]).toEqual(['refused', []]);
    }
    const more = [...basic('bad\n'), file(host, '/etc/motd', 'hello\n')];
    const { status } = await cycle.commit(4, more).run();
    expect([status.outcome, host.log]).toEqual(['refused', []]);
    expect(status.refused?.reasons[0]).toContain('connection refused');
  });

  test('gives way to the commit that mends it, and to the revert', async () => {
    await bad().run();
    cycle.health.well();
    expect((await cycle.commit(3, basic('good\n')).run()).status.outcome).toBe('changed');
    expect((await cycle.commit(4, basic()).run()).status.outcome).toBe('changed');
    expect((await cycle.commit(5, basic('bad\n')).run()).status.outcome).toBe('refused');
  });

  test('drift is put right meanwhile', async () => {
    await bad().run();
    cycle.health.well();
    host.kernel.set('net/ipv4/ip_forward', '0');
    expect((await cycle.run()).status).toMatchObject({ outcome: 'refused', generation: 1 });
    expect(host.kernel.get('net/ipv4/ip_forward')).toBe('1');
  });
});

test('a change that leaves what was unwell before unwell is kept, and said to be degraded', async () => {
  const failed = [{ id: 'https[10.1.233.1:6443]/answers', seen: 'no route to host' }];
  cycle.health.before = { passed: [], failed };
  cycle.health.judged = () => ({
    verdict: 'degraded',
    failed,
    vipWell: false,
    unwitnessed: null,
    tookMs: 9,
    samples: 3,
  });
  const { status } = await cycle.commit(1, basic()).run();
  expect(status).toMatchObject({ outcome: 'degraded', generation: 1, lastChange: { end: 'degraded' } });
  expect(cycle.said.at(-1)).toContain('no route to host');
});

describe('where the virtual IP has ever answered', () => {
  test('a new commit waits for it, for ten minutes at most, and drift does not wait', async () => {
    await cycle.commit(1, basic()).run();
    cycle.health.before = {
      passed: [],
      failed: [{ id: 'https[10.1.233.1:6443]/answers', seen: 'no route to host' }],
    };
    host.kernel.set('net/ipv4/ip_forward', '0');
    const { status } = await cycle.commit(2, basic('new\n')).run();
    expect(status).toMatchObject({ outcome: 'held', held: { by: 'unwell VIP' }, generation: 1 });
    expect([host.text(CFG), host.kernel.get('net/ipv4/ip_forward')]).toEqual(['wanted\n', '1']);
    await cycle.run();
    cycle.nowMs += 600_000;
    expect((await cycle.run()).status).toMatchObject({ outcome: 'changed', generation: 2 });
  });
});

test('that certificates are not verified is said at every change', async () => {
  cycle.health.insecure = true;
  await cycle.commit(1, basic()).run();
  await cycle.commit(2, basic('new\n')).run();
  expect(cycle.said.filter((line) => line.includes('health.insecure is true'))).toHaveLength(1);
});

describe('a commit that is refused', () => {
  test('changes nothing, is said once, and does not stop drift from being put right', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    const { status } = await cycle.badCommit(2, 'is not YAML.').run();
    expect(host.text(CFG)).toBe('wanted\n');
    expect(status).toMatchObject({ outcome: 'refused', generation: 1, commit: { subject: 'change 1' } });
    expect(status.lastChange).toMatchObject({ commit: { subject: 'change 1' } });
    expect(cycle.said).toEqual([
      `warn drift put right: file[${CFG}]: content`,
      'info Drift put right, back to commit 111111111111: 1 change in 0.0 s; systemctl reload haproxy.service.',
      'error Commit 222222222222 "change 2" by Ada is refused and nothing was changed for it; commit 111111111111 stays in force.\ncluster.yaml: is not YAML.',
    ]);
    await cycle.run();
    expect(cycle.said).toEqual([]);
    await cycle.commit(3, basic()).run();
    expect(cycle.said).toEqual([
      'info Commit 333333333333 "change 3" by Ada is in force: nothing to change on this host.',
    ]);
  });

  test('on a fresh host leaves nothing behind, and names no role that is not known', async () => {
    const before = host.snapshot();
    const { status } = await cycle.badCommit(1, 'is empty.').run();
    expect([host.snapshot(), host.log]).toEqual([before, []]);
    expect(status).toMatchObject({ outcome: 'refused', role: null, generation: 0, commit: null });
    expect(cycle.said).toEqual([
      'error Commit 111111111111 "change 1" by Ada is refused and nothing was changed for it; nothing is in force yet.\ncluster.yaml: is empty.',
    ]);
  });

  test('names the line of the resource whose check refuses it', async () => {
    host.put('/usr/sbin/haproxy', 'ELF');
    host.verdict = (_argv, path, staged) =>
      staged.has(path) ? { ok: false, why: '"haproxy -c" failed: line 3' } : { ok: true };
    const origin = { file: 'defaults.yaml', line: 7, column: 3 };
    const validate = [['haproxy', '-c', '-f', '{file}']];
    const { status } = await cycle.commit(1, [file(host, CFG, 'x', { validate, origin })]).run();
    expect(host.text(CFG)).toBe('as found\n');
    expect(status.refused?.reasons).toEqual([
      `defaults.yaml:7:3: file[${CFG}]: its check refused it: "haproxy -c" failed: line 3`,
    ]);
  });

  test('is one that would take away most of what is managed, unless it says that it means it', async () => {
    await cycle.commit(1, basic()).run();
    const left = [sysctl('net.ipv4.ip_forward', '1')];
    const { status } = await cycle.commit(2, left).run();
    expect(host.log).toEqual([]);
    expect(status.refused?.reasons).toEqual([
      `it would take away 3 of the 4 managed resources (file[${CFG}], sysctl[net.ipv4.ip_nonlocal_bind], unit[haproxy.service]). What this host gets is written in defaults.yaml, roles/control-plane.yaml, roles/haproxy.yaml, roles/master.yaml and hosts/kubernetes-node-1.yaml. If that is meant, write "rollout: { allowMassRemoval: true }" in cluster.yaml for this commit; if not, put the entries back.`,
    ]);
    expect((await cycle.commit(3, left, true).run()).status.outcome).toBe('changed');
    expect(host.text(CFG)).toBe('as found\n');
  });

  test('is one that cannot even be planned, and the one in force goes on', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    const circle = [
      ...basic(),
      file(host, '/etc/a', 'x', { requires: ['file[/etc/b]'] }),
      file(host, '/etc/b', 'x', { requires: ['file[/etc/a]'] }),
    ];
    const { status } = await cycle.commit(2, circle).run();
    expect(status.refused?.reasons).toEqual([
      'it cannot be planned: "requires" forms a circle among file[/etc/a], file[/etc/b]: take one of them out.',
    ]);
    expect(host.text(CFG)).toBe('wanted\n');
  });
});

test('says whether the virtual IP is here, what is managed, and once what systemd starts again and again', async () => {
  host.unit('haproxy.service', true, true, { starting: true });
  const { status } = await cycle.commit(1, [unit('haproxy.service', { running: true })]).run();
  expect(status).toMatchObject({ vip: '10.1.233.1', vipHeld: false, managed: ['unit[haproxy.service]'] });
  const looping =
    'unit[haproxy.service] is being started again and again by systemd: see "systemctl status haproxy.service"';
  expect(cycle.said).toContain(`warn ${looping}`);
  const { status: next } = await cycle.run();
  expect([next.outcome, next.notices, cycle.said]).toEqual(['in desired state', [looping], []]);
});

test('an image at rest is told no daemon-reload, and no log says that it was', async () => {
  cycle.atRest = true;
  const path = '/etc/systemd/system/a.service';
  const { status } = await cycle.commit(1, [file(host, path, 'x', { notify: [daemonReload] })]).run();
  expect(status.lastChange).toMatchObject({ changes: [{ id: `file[${path}]` }], steps: [] });
  expect(cycle.said.join('\n')).not.toContain('daemon-reload');
  expect((await cycle.run()).status.outcome).toBe('in desired state');
});

describe('leaving', () => {
  test('puts back what was first seen, and the ledger forgets it', async () => {
    const before = host.snapshot();
    await cycle.commit(1, basic()).run();
    await cycle.commit(2, basic('changed twice\n')).run();
    const { status } = await cycle.commit(3, [], true).run();
    expect(host.snapshot()).toBe(before);
    expect(status).toMatchObject({ outcome: 'changed', resources: 0 });
    expect(cycle.said).toContain(`info no longer desired, put back as first seen: file[${CFG}]: content`);
    // Those of the two generations that are kept to go back to; not what was first seen.
    expect(await host.state.list('blobs')).toHaveLength(2);
  });

  test('what cannot be put back is said, kept in mind, and done when it can be', async () => {
    await cycle.commit(1, basic()).run();
    const atFirst = host.files.get(CFG)!;
    host.files.delete(CFG);
    host.makeFolders(CFG);
    const rest = basic().slice(1);
    const { status } = await cycle.commit(2, rest, true).run();
    expect(status).toMatchObject({ generation: 2, waiting: [{ id: `file[${CFG}]` }] });
    // It is not taken for a removal once more by the commits that follow.
    expect((await cycle.commit(3, rest).run()).status).toMatchObject({ refused: null, generation: 3 });
    host.folders.delete(CFG);
    host.files.set(CFG, atFirst);
    await cycle.run();
    expect(host.text(CFG)).toBe('as found\n');
    expect(cycle.said).toContain(`info file[${CFG}] is no longer held back.`);
    expect((await cycle.run()).status.resources).toBe(3);
  });
});

describe('packages', () => {
  const withPackage = () => [pkg('haproxy'), ...basic()];
  beforeEach(() => {
    host.files.delete(CFG);
    host.brings.set('haproxy', (on) => void on.put(CFG, 'as Debian ships it\n'));
  });

  test('come first, and what they bring is what the rest is first seen with', async () => {
    const { status } = await cycle.commit(1, withPackage()).run();
    expect(host.log[0]).toMatch(/install .* haproxy$/);
    expect(host.text(CFG)).toBe('wanted\n');
    expect(status).toMatchObject({ outcome: 'changed', generation: 1 });
    await cycle.commit(2, [], true).run();
    expect([host.text(CFG), host.packages.has('haproxy')]).toEqual(['as Debian ships it\n', true]);
  });

  test('that cannot be installed hold back their commit, and no drift', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    host.beforeEffect = (what) => {
      if (what.includes('apt-get')) throw new Error('no mirror answers');
    };
    const { status } = await cycle.commit(2, [...withPackage(), absent('/etc/motd')]).run();
    expect(host.text(CFG)).toBe('wanted\n');
    expect(status).toMatchObject({ generation: 1, commit: { subject: 'change 1' } });
    expect(cycle.said.join('\n')).toContain('package[haproxy]: no mirror answers');
    host.beforeEffect = () => {};
    expect((await cycle.run()).status).toMatchObject({ outcome: 'changed', generation: 2 });
  });

  test('that cannot be installed are tried three times an hour, and not in every cycle', async () => {
    host.beforeEffect = (what) => {
      if (/install .* haproxy$/.test(what)) throw new Error('no mirror answers');
    };
    cycle.commit(1, withPackage());
    const outcomes: string[] = [];
    for (let n = 0; n < 10; n += 1) outcomes.push((await cycle.run()).status.outcome);
    expect(outcomes.filter((outcome) => outcome === 'rolled back')).toHaveLength(3);
    expect((await cycle.run()).status).toMatchObject({
      outcome: 'refused',
      refused: { reasons: [expect.stringContaining('it was tried 3 times within an hour')] },
    });
    cycle.nowMs += 3_600_000;
    host.beforeEffect = () => {};
    expect((await cycle.run()).status).toMatchObject({ outcome: 'changed', generation: 1 });
  });
});

test('what waits is named, the rest converges, and it follows when it can', async () => {
  const waiting = file(host, '/etc/x', 'x', { waitFor: ['/etc/kubernetes/pki/ca.crt'] });
  const { status } = await cycle.commit(1, [...basic(), waiting]).run();
  expect(status).toMatchObject({ outcome: 'changed', generation: 1, resources: 4 });
  expect(cycle.said).toContain(
    'info file[/etc/x] waits for /etc/kubernetes/pki/ca.crt, which does not exist yet. The rest goes on.',
  );
  await cycle.run();
  expect(cycle.said).toEqual([]);
  host.put('/etc/kubernetes/pki/ca.crt', 'PEM');
  host.put('/etc/x', 'what somebody put there meanwhile');
  const after = await cycle.run();
  expect(after.status).toMatchObject({ outcome: 'changed', generation: 1, resources: 5 });
  expect(cycle.said).toContain('info applied: file[/etc/x]: content');
  await cycle.commit(2, basic()).run();
  expect(host.text('/etc/x')).toBe('what somebody put there meanwhile');
});

test('a host that is not in the cluster keeps what it has, changes nothing, and says so once', async () => {
  await cycle.commit(1, basic()).run();
  host.put(CFG, 'edited\n');
  const { status } = await cycle.notListed(2, 'This host is not listed.').run();
  expect([host.log, host.text(CFG)]).toEqual([[], 'edited\n']);
  expect(status).toMatchObject({ outcome: 'no desired state', role: null, why: 'This host is not listed.' });
  expect(cycle.said).toEqual(['warn This host is not listed.']);
  await cycle.run();
  expect(cycle.said).toEqual([]);
});

test('with no commit yet there is nothing known, and nothing changes', async () => {
  const { status } = await cycle.offline('The state repository has no commits yet.').run();
  expect([host.log, status.outcome]).toEqual([[], 'nothing known']);
  expect(cycle.said).toEqual(['warn The state repository has no commits yet. Nothing is changed meanwhile.']);
});

describe('a step that fails', () => {
  const failing = (pattern: RegExp): void => {
    host.beforeEffect = (what) => {
      if (pattern.test(what)) throw new Error('refused by the test');
    };
  };

  test('is taken back with all that was done before it, and is not tried again', async () => {
    const before = host.snapshot();
    failing(/^kernel/);
    const { status } = await cycle.commit(1, basic()).run();
    expect(host.snapshot()).toBe(before);
    expect(status).toMatchObject({
      outcome: 'rolled back',
      generation: 0,
      commit: null,
      lastChange: { end: 'rolled back', quarantined: true },
    });
    expect(cycle.said.at(-1)).toContain('sysctl[net.ipv4.ip_forward]: refused by the test');
    host.beforeEffect = () => {};
    expect((await cycle.run()).status).toMatchObject({ outcome: 'refused', generation: 0 });
    expect((await cycle.commit(2, basic('other\n')).run()).status).toMatchObject({
      outcome: 'changed',
      generation: 1,
    });
  });

  test('in drift is left alone, and the rest of the drift is put right', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    host.kernel.set('net/ipv4/ip_forward', '0');
    failing(/^kernel/);
    const { status } = await cycle.run();
    expect(host.text(CFG)).toBe('wanted\n');
    expect(status).toMatchObject({ generation: 1, lastDrift: { end: 'committed' } });
    expect(status.cannot).toEqual([
      {
        id: 'sysctl[net.ipv4.ip_forward]',
        why: expect.stringContaining('refused by the test') as string,
      },
    ]);
    host.beforeEffect = () => {};
    expect((await cycle.run()).status.outcome).toBe('changed');
    expect((await cycle.run()).status.outcome).toBe('in desired state');
  });

  test('keeps what was first seen, however often it is tried', async () => {
    const before = host.snapshot();
    failing(/^kernel/);
    await cycle.commit(1, basic()).run();
    await cycle.run();
    host.beforeEffect = () => {};
    await cycle.run();
    await cycle.commit(2, [], true).run();
    expect(host.snapshot()).toBe(before);
  });
});

describe('a guard', () => {
  const noFile: (typeof cycle.guards)[number] = async ({ changes }) =>
    changes.filter(({ id }) => id.startsWith('file')).map(({ id }) => ({ id, why: 'it would lock you out' }));

  test('refuses a commit', async () => {
    cycle.guards.push(noFile);
    const { status } = await cycle.commit(1, basic()).run();
    expect([host.log, status.refused?.reasons]).toEqual([[], [`file[${CFG}]: it would lock you out`]]);
  });

  test('holds back only what it names when drift is put right, and says so', async () => {
    await cycle.commit(1, basic()).run();
    cycle.guards.push(noFile);
    host.put(CFG, 'edited\n');
    host.kernel.set('net/ipv4/ip_forward', '0');
    const { status } = await cycle.run();
    expect([host.text(CFG), host.kernel.get('net/ipv4/ip_forward')]).toEqual(['edited\n', '1']);
    expect(status).toMatchObject({ outcome: 'failed', cannot: [{ id: `file[${CFG}]` }] });
    expect(cycle.said).toContain(
      `error file[${CFG}] cannot be brought to its state: it would lock you out. The rest goes on.`,
    );
    cycle.guards.length = 0;
    await cycle.run();
    expect(cycle.said).toContain(`info Nothing stands in the way of file[${CFG}] any more.`);
  });

  test('is asked again about what is left, as holding one thing back may make another dangerous', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    host.kernel.set('net/ipv4/ip_forward', '0');
    cycle.guards.push(noFile, async ({ changes }) =>
      changes.some(({ id }) => id.startsWith('file'))
        ? []
        : changes.map(({ id }) => ({ id, why: 'not without the file' })),
    );
    await cycle.run();
    expect(host.log).toEqual([]);
  });
});

describe('damage in the state directory', () => {
  test('a generation that cannot be read is rendered again from the repository', async () => {
    await cycle.commit(1, basic()).run();
    host.state.files.set('generations/1.json', new TextEncoder().encode('{"version":'));
    const { status } = await cycle.run();
    expect(status).toMatchObject({ outcome: 'in desired state', generation: 2 });
    expect(status.notices[0]).toMatch(/^The desired state in force cannot be read .*1\.json is damaged/);
    expect((await cycle.run()).status.notices).toEqual([]);
  });

  test('bytes that are gone hold back their own resource, and no other', async () => {
    await cycle.commit(1, basic()).run();
    for (const name of await host.state.list('blobs')) host.state.files.delete(`blobs/${name}`);
    host.put(CFG, 'edited\n');
    host.kernel.set('net/ipv4/ip_forward', '0');
    const { status } = await cycle.run();
    expect(host.kernel.get('net/ipv4/ip_forward')).toBe('1');
    expect(status.cannot).toEqual([
      { id: `file[${CFG}]`, why: expect.stringMatching(/blobs.* is missing/) as string },
    ]);
  });

  test('a ledger that cannot be read ends the cycle before anything is touched', async () => {
    await cycle.commit(1, basic()).run();
    host.put(CFG, 'edited\n');
    host.state.files.set('ledger.json', new TextEncoder().encode('{}'));
    await expect(cycle.run()).rejects.toThrow('/var/lib/holdfast/ledger.json cannot be understood');
    expect(host.log).toEqual([]);
  });
});

test('a dry run shows what would change, and writes nothing anywhere', async () => {
  const before = host.snapshot();
  const { status, choice } = await cycle.commit(1, basic()).run('dry run');
  expect([status.outcome, choice.plan?.changes.length]).toEqual(['changed', 4]);
  expect([host.snapshot(), host.timeline, cycle.runtime.files.size, cycle.said]).toEqual([before, [], 0, []]);
});

test('a status that cannot be written changes no outcome', async () => {
  cycle.runtime.replace = () => Promise.reject(new Error('no space left'));
  const { status } = await cycle.commit(1, basic()).run();
  expect([status.outcome, host.text(CFG)]).toEqual(['changed', 'wanted\n']);
  expect(cycle.said.at(-1)).toBe('warn The status was not written. no space left');
});

test('an image at rest gets its files now, and the rest at its first boot', async () => {
  cycle.atRest = true;
  const { status } = await cycle.commit(1, basic()).run();
  expect([host.text(CFG), status.waiting.map(({ id }) => id)]).toEqual([
    'wanted\n',
    ['unit[haproxy.service]'],
  ]);
  cycle.atRest = false;
  const booted = await cycle.run();
  expect(booted.status).toMatchObject({ outcome: 'changed', waiting: [], generation: 1 });
  expect(host.kernel.get('net/ipv4/ip_forward')).toBe('1');
});
