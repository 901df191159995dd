import { beforeEach, describe, expect, test } from 'vitest';
import { StoppedMeanwhile } from '../../../agent/health/stopped.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { unwell, VIP_CHECK, WELL } from '../../support/fake-health.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** From the last step to the verdict: first that the daemons run with it, then the gate. */

let host: FakeHost;
let cycle: FakeCycle;
beforeEach(() => {
  host = new FakeHost().put('/etc/a', 'old');
  cycle = new FakeCycle(host).commit(1, [file(host, '/etc/a', 'new')]);
});
const last = async () => (await readLedger(host.state)).history.at(-1);
const phase = async () => (await openJournal(host.state)).phase;
/** The agent is ended while it verifies, and starts again. */
async function interruptedAtTheGate(reboot: boolean): Promise<void> {
  host.power.killWhen((_, where) => where.startsWith('before health: gate'));
  await cycle.run().catch(() => undefined);
  expect(host.power.dead).toBe(true);
  await cycle.restart(reboot);
}

test('what is well is kept, and the daemons are asked before the gate', async () => {
  await cycle.run();
  expect(cycle.health.asked).toEqual(['look', 'live', 'gate']);
  expect([await last(), host.text('/etc/a')]).toMatchObject([{ end: 'committed', note: null }, 'new']);
});

test('what is unwell is taken back, with the check and what it saw', async () => {
  cycle.health.unwell('connection refused');
  await cycle.run();
  expect([await last(), host.text('/etc/a')]).toMatchObject([
    { end: 'rolled back', failure: `${VIP_CHECK}: connection refused`, quarantined: true },
    'old',
  ]);
});

test('what is not live is taken back, and the gate is not asked: it would judge the old process', async () => {
  const failed = [{ id: 'live[haproxy.service]', seen: 'it ended with status 1' }];
  cycle.health.lived = () => ({ live: false, failed, unproven: [], tookMs: 5 });
  await cycle.run();
  expect(cycle.health.asked).toEqual(['look', 'live']);
  expect(await last()).toMatchObject({
    end: 'rolled back',
    failure: 'live[haproxy.service]: it ended with status 1',
  });
});

test('what was unwell before and still is is kept as degraded, and what could not be proved is said', async () => {
  const failed = [{ id: VIP_CHECK, seen: 'connection refused' }];
  cycle.health.judged = () => ({ ...WELL, verdict: 'degraded', failed, vipWell: false });
  cycle.health.lived = () => ({ live: true, failed: [], unproven: ['Nothing proves it.'], tookMs: 5 });
  await cycle.run();
  expect(await last()).toMatchObject({
    end: 'degraded',
    note: `It was unwell before, and still is: ${VIP_CHECK}: connection refused. Nothing proves it.`,
  });
});

test('what no other host could confirm is kept, and it is said that nobody did', async () => {
  cycle.health.judged = () => ({ ...WELL, unwitnessed: 'no other host can be asked' });
  await cycle.run();
  expect(await last()).toMatchObject({
    end: 'committed',
    note: 'Whether other hosts reach the virtual IP is not known: no other host can be asked.',
  });
  expect((await readLedger(host.state)).everWell).toBe(true);
});

test('whether the virtual IP ever answered is known from then on', async () => {
  expect((await readLedger(host.state)).everWell).toBe(false);
  await cycle.run();
  expect((await readLedger(host.state)).everWell).toBe(true);
});

test('an agent that is to end meanwhile leaves the verdict to its next start', async () => {
  cycle.health.judged = () => {
    throw new StoppedMeanwhile();
  };
  await expect(cycle.run()).rejects.toBeInstanceOf(StoppedMeanwhile);
  expect([(await phase()).phase, host.text('/etc/a')]).toEqual(['verifying', 'new']);
  cycle.health.well();
  await cycle.run();
  expect(await last()).toMatchObject({ tx: 1, end: 'committed' });
});

describe('an interruption while verifying', () => {
  test.each([
    ['of the agent', false, 'gate'],
    ['of the host', true, 'gate after a reboot'],
  ])('%s: a change that is well is kept after it', async (_of, reboot, asked) => {
    await interruptedAtTheGate(reboot);
    await cycle.run();
    expect(await last()).toMatchObject({ tx: 1, end: 'committed' });
    expect(cycle.health.asked.at(-1)).toBe(asked);
  });

  test('a change that is not well is taken back after it', async () => {
    await interruptedAtTheGate(true);
    cycle.health.unwell();
    await cycle.run();
    expect([await last(), host.text('/etc/a')]).toMatchObject([{ end: 'rolled back' }, 'old']);
  });

  test('the windows are taken anew, in the boot that it is now', async () => {
    await interruptedAtTheGate(true);
    await interruptedAtTheGate(false);
    expect(await phase()).toMatchObject({ resumed: 1, reboots: 1, live: true, deadline: { boot: 'boot 2' } });
  });

  test.each([
    ['twice by a reboot', true, 2, 'this host was restarted twice while the change was being verified'],
    ['four times by the end of the agent', false, 4, 'the agent was ended 4 times while the change was'],
  ])('%s: the change may be what does it', async (_how, reboot, times, seen) => {
    for (let n = 0; n < times; n += 1) await interruptedAtTheGate(reboot);
    await cycle.run();
    expect(await last()).toMatchObject({
      end: 'rolled back',
      failure: expect.stringContaining(seen) as string,
      quarantined: true,
    });
    expect(host.text('/etc/a')).toBe('old');
  });
});

test('a way back that the disk would not have recorded is not taken for a change that is well', async () => {
  cycle.health.judged = () => (host.text('/etc/a') === 'new' ? unwell() : WELL);
  const append = host.state.append.bind(host.state);
  host.state.append = async (name, bytes, at) => {
    if (new TextDecoder().decode(bytes).includes('"t":"back"')) throw new Error('no space left on device');
    await append(name, bytes, at);
  };
  await expect(cycle.run()).rejects.toThrow(
    `a change was taken back (${VIP_CHECK}: connection refused), and that could not be recorded: no space left on device`,
  );
  expect([(await phase()).phase, host.text('/etc/a')]).toEqual(['verifying', 'old']);
  host.state.append = append;
  await cycle.run();
  expect((await readLedger(host.state)).generation).toBe(0);
  expect([await last(), host.text('/etc/a')]).toMatchObject([
    { end: 'rolled back', quarantined: true },
    'old',
  ]);
});

test('an image at rest is not asked for its health', async () => {
  cycle.atRest = true;
  await cycle.run();
  expect([cycle.health.asked, host.text('/etc/a')]).toEqual([[], 'new']);
});
