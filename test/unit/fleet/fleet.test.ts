import { beforeEach, describe, expect, test } from 'vitest';
import { commitOf } from '../../support/desired.ts';
import { CLUSTER, FakeFleet, NODE } from '../../support/fake-fleet.ts';

/** What a host asks of the others, and what of it outlives the agent and the boot. */

let others: FakeFleet;
beforeEach(() => {
  others = new FakeFleet();
});
function opened() {
  const fleet = others.open();
  fleet.know(CLUSTER, NODE[1]);
  return fleet;
}
const SHA = commitOf(2).sha;
const APPLYING = { phase: 'applying', changing: SHA } as const;

test('before the cluster is known nobody is asked', async () => {
  const fleet = others.open();
  expect(await fleet.look()).toEqual(new Map());
  expect(others.asked).toEqual([]);
});

test('every other node is asked, workers as well, from this host’s own address', async () => {
  const fleet = others.open();
  fleet.know({ ...CLUSTER, workers: [{ name: 'kubernetes-node-4', address: '10.1.1.4' }] }, NODE[1]);
  await fleet.look();
  expect(others.asked.map(({ address, path, from }) => `${from} ${address} ${path}`)).toEqual([
    '10.1.1.1 10.1.1.2 /status',
    '10.1.1.1 10.1.1.3 /status',
    '10.1.1.1 10.1.1.4 /status',
  ]);
});

test('a look that is brief spares the others what they would have to ask for', async () => {
  await opened().look(true);
  expect(new Set(others.asked.map(({ path }) => path))).toEqual(new Set(['/status/brief']));
});

test('a host that a commit takes out of the cluster is not asked any more, and is forgotten', async () => {
  const fleet = opened();
  await fleet.look();
  fleet.know({ ...CLUSTER, nodes: CLUSTER.nodes.slice(0, 2) }, NODE[1]);
  expect([...(await fleet.look()).keys()]).toEqual([NODE[2]]);
  expect(others.asked).toHaveLength(3);
});

test('whoever wants to know of each cluster is told, from then on', () => {
  const fleet = opened();
  const told: string[] = [];
  fleet.onKnown(({ name }) => told.push(name));
  expect(told).toEqual([]);
  fleet.know({ ...CLUSTER, name: 'next' }, NODE[1]);
  expect(told).toEqual(['next']);
});

test('two that ask at once are asked for one after the other, and the second remembers what the first saw', async () => {
  others.peer(3, APPLYING);
  const fleet = opened();
  let atOnce = 0;
  let most = 0;
  others.whileAsking = async () => {
    most = Math.max(most, (atOnce += 1));
    await Promise.resolve();
    atOnce -= 1;
  };
  const first = fleet.look();
  const second = fleet.ask();
  await first;
  others.peer(3, { failed: 'connection refused' });
  await second;
  expect(most).toBe(CLUSTER.nodes.length - 1);
  expect(fleet.sightings.get(NODE[3])).toMatchObject({
    changing: SHA,
    silent: { why: 'connection refused' },
  });
});

test('one question that fails keeps nobody from asking the next', async () => {
  const fleet = opened();
  others.whileAsking = () => {
    throw new Error('no sockets left');
  };
  await expect(fleet.look()).rejects.toThrow('no sockets left');
  others.whileAsking = () => undefined;
  expect((await fleet.look()).size).toBe(2);
});

describe('what is remembered', () => {
  test('who was applying a commit outlives a reboot, and since when it is silent the agent alone', async () => {
    others.peer(3, APPLYING);
    const fleet = opened();
    await fleet.look();
    others.peer(3, { failed: 'connection refused' });
    others.nowMs += 5_000;
    const silentSince = others.nowMs;
    await fleet.look();

    others.nowMs += 60_000;
    const restarted = opened();
    await restarted.look();
    expect(restarted.sightings.get(NODE[3])).toMatchObject({
      met: true,
      changing: SHA,
      silent: { sinceMs: silentSince },
    });

    others.runtime.files.clear();
    others.nowMs = 20_000;
    const rebooted = opened();
    await rebooted.look();
    expect(rebooted.sightings.get(NODE[3])).toMatchObject({ changing: SHA, silent: { sinceMs: 20_000 } });
  });

  test('is written to the card only where it is another thing than before', async () => {
    const fleet = opened();
    await fleet.look();
    const written: string[] = [];
    const replace = others.state.replace.bind(others.state);
    others.state.replace = async (name, bytes) => {
      written.push(name);
      await replace(name, bytes);
    };
    for (let n = 0; n < 3; n += 1) await fleet.look();
    expect(written).toEqual([]);
    others.peer(3, APPLYING);
    await fleet.look();
    await fleet.look();
    expect(written).toEqual(['fleet.json']);
  });

  test.each([
    ['the durable one is torn: nothing is known any more', 'state', null],
    ['the one of this boot is torn: what is durable is known all the same', 'runtime', SHA],
  ] as const)('of two records %s, and both are written anew', async (_, place, changing) => {
    others.peer(3, APPLYING);
    await opened().look();
    await others[place].replace('fleet.json', '[{"name":"kubern');
    others.peer(3, { failed: 'connection refused' });
    expect((await opened().look()).get(NODE[3])).toMatchObject({ changing, status: null });
    expect(JSON.parse(others.state.text('fleet.json'))).toHaveLength(2);
    expect(JSON.parse(others.runtime.text('fleet.json'))).toMatchObject([{ name: NODE[3] }]);
  });

  test('is read again where it could not be read once', async () => {
    others.peer(3, APPLYING);
    await opened().look();
    const fleet = opened();
    others.peer(3, { failed: 'connection refused' });
    const read = others.state.read.bind(others.state);
    others.state.read = async () => {
      throw new Error('input/output error');
    };
    await expect(fleet.look()).rejects.toThrow('input/output error');
    others.state.read = read;
    expect((await fleet.look()).get(NODE[3])?.changing).toBe(SHA);
  });

  test('a folder under /run that takes nothing keeps nobody from looking', async () => {
    others.runtime.replace = async () => {
      throw new Error('no space left on device');
    };
    expect((await opened().look()).get(NODE[2])?.status?.commit).toBe(commitOf(1).sha);
  });

  test('how long this host has waited is counted on by the next agent, and anew after a torn record', async () => {
    const asked = {
      me: NODE[1],
      commit: SHA,
      nodes: CLUSTER.nodes,
      rollout: CLUSTER.rollout,
      self: { holdsVip: true, isStuck: false },
      fetched: true,
      apiServer: null,
      isDrift: false,
    };
    const knowing = { head: SHA };
    others.peer(2, knowing).peer(3, knowing);
    const leftMs = async (): Promise<number> => {
      const answer = await opened().turns.ask(asked);
      return 'wait' in answer ? answer.wait.untilMs - others.nowMs : 0;
    };
    const first = await leftMs();
    others.nowMs += 60_000;
    expect(await leftMs()).toBe(first - 60_000);
    await others.runtime.replace('waited.json', '{"commit":"22');
    expect(await leftMs()).toBe(first);
  });
});
