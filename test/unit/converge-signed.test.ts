import { beforeEach, describe, expect, test } from 'vitest';
import { readLedger, writeLedger } from '../../agent/transaction/ledger.ts';
import { commitOf, file } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';

/** Whole cycles of a host that asks for signatures. */

const CFG = '/etc/motd';
const WHY = 'it is signed with the SSH key SHA256:x, which is not in /etc/holdfast/allowed_signers.';
let host: FakeHost;
let cycle: FakeCycle;
beforeEach(async () => {
  host = new FakeHost();
  host.makeFolders('/etc');
  cycle = new FakeCycle(host);
  await cycle.commit(1, [file(host, CFG, 'wanted\n')]).run();
});
const accepted = async (): Promise<string | null> => (await readLedger(host.state)).accepted;

describe('a commit whose signature is refused', () => {
  test('is said once, with its author and the reason, and is not accepted', async () => {
    const { status } = await cycle.unverified(2, WHY).run();
    expect(status).toMatchObject({
      outcome: 'refused',
      why: WHY,
      refused: { commit: { sha: commitOf(2).sha, author: 'Ada' }, reasons: [WHY] },
      commit: { sha: commitOf(1).sha },
    });
    expect(cycle.said).toEqual([
      `error Commit 222222222222 "change 2" by Ada is refused and nothing was changed for it; commit 111111111111 stays in force.\n${WHY}`,
    ]);
    await cycle.run();
    expect(cycle.said).toEqual([]);
    expect(await accepted()).toBe(commitOf(1).sha);
  });

  test('keeps no drift from being put right', async () => {
    await cycle.unverified(2, WHY).run();
    host.put(CFG, 'by hand\n');
    await cycle.run();
    expect(host.text(CFG)).toBe('wanted\n');
    expect(cycle.said[0]).toBe(`warn drift put right: file[${CFG}]: content`);
  });

  test('gives way to the next one that is signed', async () => {
    await cycle.unverified(2, WHY).run();
    const { status } = await cycle.commit(3, [file(host, CFG, 'new\n')]).run();
    expect([status.outcome, host.text(CFG), await accepted()]).toEqual(['changed', 'new\n', commitOf(3).sha]);
  });

  test('on a host that has lost its state nothing is enforced, and no history is said to be accepted', async () => {
    host.state.files.clear();
    const { status } = await cycle.unverified(1, WHY).run();
    expect(status).toMatchObject({ outcome: 'refused', generation: 0, resources: 0 });
    expect(status.notices.join()).toMatch(/^The state directory was lost: .* what is found on it today\.$/);
    expect(await accepted()).toBeNull();
  });
});

describe('what a person has accepted by hand', () => {
  const byHand = { commit: commitOf(2), by: 'bob', atMs: 5, unsigned: null as string | null };
  const accept = async (unsigned: string | null): Promise<void> => {
    const ledger = await readLedger(host.state);
    const acceptedByHand = { ...byHand, unsigned };
    await writeLedger(host.state, { ...ledger, accepted: commitOf(2).sha, acceptedByHand });
  };

  test('is said in the journal once, by name', async () => {
    await accept(null);
    await cycle.run();
    expect(cycle.said).toEqual([
      'info bob has accepted commit 222222222222 "change 2" by Ada by hand. It and what follows it is applied.',
    ]);
    await cycle.run();
    expect(cycle.said).toEqual([]);
  });

  test('without a signature is a warning that says so', async () => {
    await accept('it is not signed.');
    await cycle.run();
    expect(cycle.said).toEqual([
      'warn bob has accepted commit 222222222222 "change 2" by Ada by hand, although it is not signed. It and what follows it is applied.',
    ]);
  });
});
