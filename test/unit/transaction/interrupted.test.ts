import { beforeEach, expect, test } from 'vitest';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { file, sysctl } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** A change in the middle of which the agent or the host ended, and what else is not as usual then. */

let host: FakeHost;
let cycle: FakeCycle;
beforeEach(async () => {
  host = new FakeHost().put('/etc/a', 'as found');
  host.makeFolders('/etc/sysctl.d');
  host.kernel.set('net/ipv4/ip_forward', '0');
  host.kernelAtBoot.set('net/ipv4/ip_forward', '0');
  cycle = new FakeCycle(host);
  await cycle.commit(1, [file(host, '/etc/a', 'one')]).run();
});
const two = () => [file(host, '/etc/a', 'two'), sysctl('net.ipv4.ip_forward', '1')];
async function interrupted(at: string): Promise<void> {
  cycle.commit(2, two());
  host.power.killWhen((_, where) => where === `before ${at}`);
  await cycle.run().catch(() => undefined);
  expect(host.power.dead).toBe(true);
  await cycle.restart(true);
}
const inTheMiddle = (): Promise<void> => interrupted('kernel net/ipv4/ip_forward=1');

test('twice is what this change does to a host, also when drift was put right in between', async () => {
  await inTheMiddle();
  // The host came up without its virtual IP: the commit waits, and drift does not.
  cycle.badCommit(2, 'waits');
  await cycle.run();
  host.put('/etc/a', 'edited');
  await cycle.run();
  expect((await readLedger(host.state)).history.at(-1)).toMatchObject({ end: 'committed', generation: 1 });
  await inTheMiddle();
  const { status } = await cycle.run();
  expect((await readLedger(host.state)).history.at(-1)).toMatchObject({
    end: 'rolled back',
    quarantined: true,
  });
  expect([status.refused !== null, host.text('/etc/a')]).toEqual([true, 'one']);
});

test('a ledger that is damaged does not keep the host from going back', async () => {
  await inTheMiddle();
  expect(host.text('/etc/a')).toBe('two');
  host.state.files.set('ledger.json', new TextEncoder().encode('{"half'));
  await expect(cycle.run()).rejects.toThrow('ledger.json cannot be understood');
  expect([host.text('/etc/a'), (await openJournal(host.state)).phase]).toMatchObject([
    'one',
    { phase: 'settling', outcome: 'rolledBack' },
  ]);
});

test.each(['kernel net/ipv4/ip_forward=1', 'health: gate'])(
  'an image at rest neither keeps nor takes back what only the running host can judge (before %s)',
  async (at) => {
    await interrupted(at);
    const before = [host.snapshot(), host.state.text('journal')];
    cycle.atRest = true;
    await expect(cycle.run()).rejects.toThrow('Let it boot once with its agent');
    expect([host.snapshot(), host.state.text('journal')]).toEqual(before);
    cycle.atRest = false;
    cycle.health.unwell();
    await cycle.run();
    expect((await readLedger(host.state)).history.map(({ end }) => end)).toContain('rolled back');
  },
);
