import { expect, test } from 'vitest';
import { formatStatus } from '../../../agent/report/format-status.ts';
import { formatWhy } from '../../../agent/report/format-why.ts';
import { readStatus } from '../../../agent/report/status-file.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';
import { statusOf, takenBackOf } from '../../support/status.ts';

/** What the release before this one wrote. */
const EARLIER = {
  version: 1,
  release: '0.0.9',
  atMs: 1_000_000,
  hostname: 'kubernetes-node-1',
  role: 'MASTER',
  priority: 100,
  address: '10.1.1.1',
  vip: '10.1.233.1',
  outcome: 'failed',
  why: 'file[/etc/a]: no space left',
  commit: null,
  generation: 1,
  resources: 1,
  source: { ok: true, why: null, head: null, sinceMs: 0 },
  refused: null,
  waiting: [],
  cannot: [],
  notices: [],
  lastChange: {
    atMs: 940_000,
    tookMs: 1234,
    of: 'commit 111111111111 "change 1"',
    commit: null,
    changes: [{ id: 'file[/etc/a]', why: 'commit', summary: ['content'] }],
    steps: [],
    failure: 'file[/etc/a]: no space left',
  },
  lastDrift: null,
};

const read = async (written: unknown) => {
  const runtime = new FakeStateDirectory();
  await runtime.replace('status.json', JSON.stringify(written));
  return (await readStatus({ runtime, state: new FakeStateDirectory() }))!;
};

test('what an earlier release wrote is read, and what it did not say is not known', async () => {
  const status = await read(EARLIER);
  expect(status).toMatchObject({
    vipHeld: null,
    managed: [],
    held: null,
    paused: null,
    pauseSaidMs: null,
    stuck: null,
    lastDrift: null,
    lastChange: { tx: 0, generation: 0, end: 'rolled back', quarantined: false },
  });
  expect(formatStatus(status, 1_000_000)).toContain('  What was done of it until then was left as it was.\n');
  expect(formatWhy(status, 1_000_000)).not.toContain('as it was before');
});

test('a change of an earlier release that went well counts as committed', async () => {
  const { lastChange } = await read({ ...EARLIER, lastChange: { ...EARLIER.lastChange, failure: null } });
  expect(lastChange).toMatchObject({ end: 'committed', note: null });
});

test('what this release wrote is read as it was written', async () => {
  const status = statusOf({ lastChange: takenBackOf({ vipAfter: 'the virtual IP answers at once' }) });
  expect(await read(status)).toEqual(status);
});
