import { beforeEach, describe, expect, test } from 'vitest';
import { converge, type Cycle } from '../../../agent/converge.ts';
import { sourceFromGeneration } from '../../../agent/source/from-generation.ts';
import { readGeneration } from '../../../agent/transaction/generations.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { writePause } from '../../../agent/transaction/pause.ts';
import { commitOf, file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** What `holdfast rollback` does to a host that follows a repository. */

const CFG = '/etc/haproxy/haproxy.cfg';
let host: FakeHost;
let cycle: FakeCycle;
const commit = (n: number): FakeCycle => cycle.commit(n, [file(host, CFG, `of commit ${n}\n`)]);
beforeEach(async () => {
  host = new FakeHost();
  host.put(CFG, 'as found\n');
  cycle = new FakeCycle(host);
  await commit(1).run();
  await commit(2).run();
});

async function bringBack(n: number): Promise<Cycle> {
  const wanted = (await readGeneration(host.state, n))!;
  // As in another process: nothing is in memory.
  host.blobs.forget();
  const ended = await converge({ ...cycle.tools(), source: sourceFromGeneration(wanted, () => cycle.nowMs) });
  host.blobs.forget();
  return ended;
}
const ledger = () => readLedger(host.state);

describe('a generation that is asked for again', () => {
  test('comes back with its own commit, as a new generation', async () => {
    const { status } = await bringBack(1);
    expect(host.text(CFG)).toBe('of commit 1\n');
    expect(status).toMatchObject({ outcome: 'changed', generation: 3, commit: { subject: 'change 1' } });
    expect(status.lastChange).toMatchObject({ of: 'commit 111111111111 "change 1"', end: 'committed' });
  });

  test('stays although the repository is further, until there is a newer commit', async () => {
    await bringBack(1);
    expect(await ledger()).toMatchObject({
      accepted: commitOf(2).sha,
      pinned: { restored: 1, head: commitOf(2).sha },
    });
    const { status } = await cycle.run();
    expect(host.text(CFG)).toBe('of commit 1\n');
    expect(status).toMatchObject({
      outcome: 'held',
      held: { by: 'rollback', commit: { subject: 'change 2' } },
    });
    host.put(CFG, 'edited\n');
    await cycle.run();
    expect(host.text(CFG)).toBe('of commit 1\n');
    expect((await commit(3).run()).status).toMatchObject({ outcome: 'changed', held: null });
    expect(host.text(CFG)).toBe('of commit 3\n');
    expect((await ledger()).pinned).toBeNull();
  });

  test('stays where the host was like it already', async () => {
    host.put(CFG, 'of commit 1\n');
    const { status } = await bringBack(1);
    expect(status).toMatchObject({ generation: 3, commit: { subject: 'change 1' } });
    expect(await ledger()).toMatchObject({ pinned: { restored: 1, head: commitOf(2).sha } });
    await cycle.run();
    expect(host.text(CFG)).toBe('of commit 1\n');
  });

  test('holds nothing back where it is the one of the newest commit', async () => {
    await bringBack(1);
    await bringBack(2);
    expect(host.text(CFG)).toBe('of commit 2\n');
    expect((await cycle.run()).status).toMatchObject({ outcome: 'in desired state', held: null });
  });

  test('is taken back when a health check fails, and then pins nothing', async () => {
    cycle.health.unwell();
    const { status } = await bringBack(1);
    expect(host.text(CFG)).toBe('of commit 2\n');
    expect(status).toMatchObject({ outcome: 'rolled back', generation: 2 });
    expect(await ledger()).toMatchObject({ generation: 2, pinned: null, accepted: commitOf(2).sha });
    cycle.health.well();
    expect((await cycle.run()).status.outcome).toBe('in desired state');
  });

  test('is tried again although it was taken back once, for a person asks', async () => {
    cycle.health.unwell();
    await bringBack(1);
    cycle.health.well();
    expect((await bringBack(1)).status).toMatchObject({ outcome: 'changed', generation: 3 });
  });

  test('does not wait for a well virtual IP: it may be what mends it', async () => {
    cycle.health.before = {
      passed: [],
      failed: cycle.health.before.passed.map((id) => ({ id, seen: 'timed out' })),
    };
    expect((await bringBack(1)).status).toMatchObject({ generation: 3, held: null });
    expect(host.text(CFG)).toBe('of commit 1\n');
  });

  test('comes back on a paused host: whoever asks has been told of the pause', async () => {
    const paused = { reason: 'new switch', by: 'ada', sinceMs: cycle.nowMs, untilMs: null };
    await writePause(host.state, paused);
    await bringBack(1);
    expect(host.text(CFG)).toBe('of commit 1\n');
    expect((await commit(3).run()).status).toMatchObject({ outcome: 'paused', paused });
    expect(host.text(CFG)).toBe('of commit 1\n');
  });
});
