import { beforeEach, describe, expect, test } from 'vitest';
import { MANIFEST } from '../../agent/health/manifest.ts';
import { readStatus } from '../../agent/report/status-file.ts';
import { commitOf, file } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { CLUSTER, FakeFleet, HAS_2, KNOWS_2, NODE, withRollout } from '../support/fake-fleet.ts';
import { FakeHost } from '../support/fake-host.ts';

/** Whole cycles of the last of three hosts to change; commit 1 is in force on all of them. */

const SHA = commitOf(2).sha;
const COMMIT_2 = 'Commit 222222222222 "change 2" by Ada';
let host: FakeHost;
let cycle: FakeCycle;
let others: FakeFleet;
const commit = (n: number): FakeCycle => cycle.commit(n, [file(host, '/etc/a', `commit ${n}`)]);
const word = async () => (await others.saying.said()).word;
/** This host and the others have seen each other. */
async function met(): Promise<void> {
  cycle.fleet!.know(CLUSTER, NODE[1]);
  await cycle.fleet!.look();
}

beforeEach(async () => {
  host = new FakeHost().put('/etc/a', 'as found');
  cycle = new FakeCycle(host);
  cycle.cluster = CLUSTER;
  await commit(1).run();
  others = new FakeFleet(cycle, { state: host.state, runtime: cycle.runtime });
  cycle.fleet = others.open();
});

describe('while it is another host’s turn', () => {
  beforeEach(() => {
    others.others(KNOWS_2);
    commit(2);
  });

  test('the commit is held, and it is said whom this host waits for', async () => {
    const { status } = await cycle.run();
    const why = `waits for ${NODE[3]}, which has its turn before this host, and has not applied this commit yet`;
    expect(status).toMatchObject({
      outcome: 'held',
      commit: { sha: commitOf(1).sha },
      generation: 1,
      held: { by: 'turn', for: NODE[3], why },
    });
    expect(host.text('/etc/a')).toBe('commit 1');
    expect(cycle.said).toEqual([
      `info ${COMMIT_2} is held: it ${why}. Commit 111111111111 stays in force meanwhile.`,
    ]);
    expect(await word()).toEqual({ waiting: { for: NODE[3], why } });
  });

  test('nothing that a change needs is touched: neither its health nor the card', async () => {
    await cycle.run();
    expect(cycle.health.asked).toEqual(['look', 'live', 'gate']);
    await cycle.run();
    expect(host.timeline.filter((what) => what.startsWith('state:'))).toEqual([]);
    expect(cycle.said).toEqual([]);
  });

  test('drift is put right all the same, back to the commit in force', async () => {
    await cycle.run();
    host.put('/etc/a', 'edited');
    const { status } = await cycle.run();
    expect(host.text('/etc/a')).toBe('commit 1');
    expect(status).toMatchObject({ held: { by: 'turn' }, lastDrift: { end: 'committed' } });
    expect(cycle.said).toContain('warn drift put right: file[/etc/a]: content');
  });

  test('it goes on when its turn comes, and says that nothing holds it any more', async () => {
    const before = (await cycle.run()).status.held!.sinceMs;
    others.peer(3, HAS_2);
    const { held } = (await cycle.run()).status;
    expect(held).toMatchObject({ for: NODE[2], sinceMs: before });
    others.peer(2, HAS_2);
    const { status } = await cycle.run();
    expect(status).toMatchObject({ outcome: 'changed', held: null, commit: { sha: SHA } });
    expect(host.text('/etc/a')).toBe('commit 2');
    expect(cycle.said[0]).toBe('info Commit 222222222222 "change 2" is no longer held.');
  });

  test('a host that is not well with it for long enough is waited for', async () => {
    others.peer(3, { ...HAS_2, settledMs: 9_000 }).peer(2, HAS_2);
    expect((await cycle.run()).status.held?.why).toBe(
      `waits for ${NODE[3]}, which has this commit and has not been well with it for long enough`,
    );
  });

  test('where hosts change together nobody is waited for', async () => {
    cycle.cluster = withRollout({ strategy: 'together' });
    expect((await commit(2).run()).status.outcome).toBe('changed');
  });

  test('a look at what would change asks nobody, and says nothing to anybody', async () => {
    await cycle.run('dry run');
    expect([others.asked, await word()]).toEqual([[], null]);
  });
});

describe('a commit that goes no further', () => {
  const stopped = async () => (await commit(2).run()).status.held;

  test('one that another host took back names it, and the reason there', async () => {
    const why = 'https[10.1.233.1:6443]/answers: connection refused';
    others.peer(3, { ...KNOWS_2, takenBack: [{ commit: SHA, why }] }).peer(2, KNOWS_2);
    expect(await stopped()).toMatchObject({
      by: 'turn',
      for: NODE[3],
      why: `${NODE[3]} took it back: ${why}`,
    });
    expect(host.text('/etc/a')).toBe('commit 1');
    expect(cycle.said).toEqual([
      `info ${COMMIT_2} is held: ${NODE[3]} took it back: ${why}. Commit 111111111111 stays in force meanwhile.`,
    ]);
  });

  test('the commit that mends it goes through', async () => {
    others.peer(3, { ...KNOWS_2, takenBack: [{ commit: SHA, why: 'x' }] });
    await stopped();
    const third = { head: commitOf(3).sha, commit: commitOf(3).sha };
    others.others(third);
    expect((await commit(3).run()).status).toMatchObject({ outcome: 'changed', held: null });
  });

  test('one that a host refuses whose turn is earlier names it', async () => {
    others.peer(3, { ...KNOWS_2, outcome: 'refused' });
    expect((await stopped())?.why).toBe(
      `${NODE[3]}, whose turn is before this host's, refuses it ("holdfast why" there)`,
    );
  });

  test('without more than half of the control plane it stops, and says the ways out', async () => {
    await met();
    others.others({ failed: 'connection refused' });
    cycle.nowMs += 700_000;
    await commit(2).run();
    cycle.nowMs += 700_000;
    const { held } = (await cycle.run()).status;
    expect(held?.why).toMatch(
      /^this host reaches 1 of 3 control plane nodes, itself counted, .*bring .* back, take it out of cluster\.yaml, or write rollout: \{ strategy: together \}$/,
    );
    expect(host.text('/etc/a')).toBe('commit 1');
  });
});

describe('a host that is gone', () => {
  test('is gone on without, with a warning, when it has been waited for', async () => {
    await met();
    others.peer(2, HAS_2).peer(3, { failed: 'connection refused' });
    await commit(2).run();
    expect((await cycle.run()).status.held?.why).toBe(
      `waits for ${NODE[3]}, which does not answer (connection refused)`,
    );
    cycle.nowMs += 600_000;
    expect((await cycle.run()).status.outcome).toBe('changed');
    expect(cycle.said).toContain(
      `warn It goes on without ${NODE[3]}, which does not answer (connection refused).`,
    );
  });
});

describe('its own turn', () => {
  beforeEach(() => {
    others.others(HAS_2);
    commit(2);
  });

  test('is announced to the others before the first step, and given back after it is on record how it went', async () => {
    const said = (): unknown => JSON.parse(cycle.runtime.text('said.json'));
    const announced: { before?: unknown; onRecord?: unknown } = {};
    host.beforeEffect = () => void (announced.before ??= said());
    host.power.fault = (what) => {
      if (what.endsWith('agent: replace status.json')) announced.onRecord = said();
    };
    await cycle.run();
    const changing = { word: { changing: SHA } };
    expect(announced).toMatchObject({ before: changing, onRecord: changing });
    expect(await word()).toBeNull();
  });

  test('is given back as well where the change was taken back', async () => {
    cycle.health.unwell();
    expect((await cycle.run()).status.outcome).toBe('rolled back');
    expect(await word()).toBeNull();
  });

  test('is given back with the reason where the virtual IP is not well enough to begin', async () => {
    cycle.health.before = {
      passed: [],
      failed: [{ id: 'https[10.1.233.1:6443]/answers', seen: 'connection refused' }],
    };
    const { status } = await cycle.run();
    expect(status.held?.by).toBe('unwell VIP');
    expect(await word()).toMatchObject({ waiting: { for: 'unwell VIP' } });
  });

  test('of a cycle that does not come to its end stays announced, for nobody knows what it did; the next one ends it', async () => {
    const { look } = cycle.health;
    cycle.health.look = async () => {
      throw new Error('input/output error');
    };
    await expect(cycle.run()).rejects.toThrow('input/output error');
    expect(await word()).toEqual({ changing: SHA });
    cycle.health.look = look.bind(cycle.health);
    await cycle.run();
    expect([await word(), host.text('/etc/a')]).toEqual([null, 'commit 2']);
  });

  test('of a cycle that does not come to its end is over after three minutes', async () => {
    cycle.health.look = async () => {
      throw new Error('input/output error');
    };
    await cycle.run().catch(() => undefined);
    cycle.nowMs += 181_000;
    expect(await word()).toBeNull();
  });

  test('is not waited for when a person goes back by hand', async () => {
    others.others(KNOWS_2);
    const tools = cycle.tools();
    const again = { head: commitOf(1).sha, restored: 1, atMs: 0 };
    const { source } = tools;
    const { converge } = await import('../../agent/converge.ts');
    const found = {
      newest: async (before: Parameters<typeof source.newest>[0]) => ({
        ...(await source.newest(before)),
        again,
      }),
    };
    expect((await converge({ ...tools, source: found })).status.outcome).toBe('changed');
    expect(others.asked).toEqual([]);
  });
});

describe('an API server', () => {
  const manifest = (text: string) => [file(host, '/etc/a', 'commit 1'), file(host, MANIFEST, text)];
  beforeEach(async () => {
    host.put(MANIFEST, 'one');
    cycle.fleet = null;
    await cycle.commit(1, manifest('one')).renderingAgain().run();
    cycle.fleet = others.open();
    host.put(MANIFEST, 'edited by hand');
  });

  test('is not restarted for drift while another one is not ready, and it is said whose', async () => {
    others.peer(2, { apiServer: { ready: false, seen: 'HTTP 500' } });
    cycle.commit(1, manifest('one'));
    const { status } = await cycle.run();
    expect(status.held).toMatchObject({
      by: 'turn',
      for: NODE[2],
      why: `waits for ${NODE[2]}, which has an API server that is not ready (HTTP 500), and this change restarts the one here`,
    });
    expect(host.text(MANIFEST)).toBe('edited by hand');
    others.peer(2);
    await cycle.run();
    expect(host.text(MANIFEST)).toBe('one');
  });
});

test('what this host waits for is on record for `status` and `why`', async () => {
  others.others(KNOWS_2);
  await commit(2).run();
  expect((await readStatus({ state: host.state, runtime: cycle.runtime }))?.held).toMatchObject({
    for: NODE[3],
  });
});
