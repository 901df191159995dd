import { afterEach, describe, expect, it } from 'vitest';
import { allAt, reportOf } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import { pushed, vipIsBack } from '../support/try-out.ts';
import {
  cursors,
  FOUND_BY_THE_FIRST,
  orderOf,
  rollout,
  inTurns,
  triedByOne,
  TURNS,
  TURNS_MS,
  withNote,
} from '../support/turns.ts';

inTurns();
describe('a commit that is bad on all hosts is tried by one of them, and no client notices', () => {
  afterEach(async () => {
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(pushed({}, ''), HOSTS, TURNS_MS);
  });

  it.each(FOUND_BY_THE_FIRST.map((bad) => [bad.name, bad] as const))('%s', (_name, bad) => triedByOne(bad));
});

describe('a host that does not take part', () => {
  it('is switched off: the others go on without it after a while, and it follows when it is back', async () => {
    const from = cursors();
    lab.host(3).cut();
    const sha = pushed(withNote('without host 3'), 'While host 3 is off', [1, 2]);
    await allAt(sha, [1, 2], TURNS_MS);
    const said = lab
      .host(2)
      .journal(from[1])
      .filter((entry) => entry['HOLDFAST_EVENT'] === 'turn');
    expect(said.map(({ MESSAGE }) => MESSAGE).join('\n')).toMatch(
      /goes on without kubernetes-node-3, which does not answer/,
    );
    lab.host(3).boot();
    await allAt(sha, HOSTS, TURNS_MS);
  });

  it('has only its agent stopped: the others go on, and it comes to the newest of several commits by itself', async () => {
    lab.host(2).run(['systemctl', 'stop', 'holdfast']);
    const sha = pushed(
      withNote('without the agent of host 2'),
      'While the agent of host 2 is stopped',
      [1, 3],
    );
    await allAt(sha, [1, 3], TURNS_MS);
    const newest = pushed({ 'README.md': (old) => `${old}\nLater.\n` }, 'Later, for nobody', [1, 3]);
    await allAt(newest, [1, 3], TURNS_MS);
    lab.host(2).run(['systemctl', 'start', 'holdfast']);
    await allAt(newest, HOSTS, TURNS_MS);
  });

  it('is cut off by the network: the two others go on, it does not, and there is one owner of the virtual IP', async () => {
    lab.host(1).link('down');
    const sha = pushed(withNote('without host 1'), 'While the MASTER is cut off', [2, 3]);
    await allAt(sha, [2, 3], TURNS_MS);
    expect(reportOf(lab.host(1)).commit?.sha).not.toBe(sha);
    expect(lab.owners()).toEqual([2]);
    lab.host(1).link('up');
    await allAt(sha, HOSTS, TURNS_MS);
    await vipIsBack();
  });
});

it('the way that hosts take turns is itself a commit', async () => {
  await allAt(pushed(rollout(`${TURNS}, order: [kubernetes-node-1]`), 'The MASTER first'), HOSTS, TURNS_MS);
  const sha = pushed(withNote('the MASTER first'), 'The MASTER first');
  await allAt(sha, HOSTS, TURNS_MS);
  expect(orderOf(sha)).toEqual([1, 3, 2]);
});
