import { beforeEach, expect, test } from 'vitest';
import { historyCommand } from '../../../agent/commands/history.ts';
import { retryCommand } from '../../../agent/commands/retry.ts';
import { readCorrections, writeCorrections } from '../../../agent/plan/contested.ts';
import { readLedger, writeLedger } from '../../../agent/transaction/ledger.ts';
import { commitOf } from '../../support/desired.ts';
import { changeOf } from '../../support/status.ts';
import { Image } from './image.ts';

let image: Image;
beforeEach(async () => {
  image = new Image();
  await image.converge({ '/etc/motd': 'one\n' });
  image.answer();
});
const retry = (json = false): Promise<number> => retryCommand({ ...image.options, json }, image.environment);

async function holdBack(): Promise<void> {
  const taken = {
    tx: 2,
    atMs: image.nowMs - 600_000,
    of: 'commit 222222222222 "change 2"',
    commit: commitOf(2),
    why: 'connection refused',
    pairs: [{ id: 'file[/etc/motd]', to: 'c0ffee' }] as const,
  };
  const pinned = { restored: 1, head: null, atMs: 1 };
  await writeLedger(image.state, { ...(await readLedger(image.state)), quarantine: [taken], pinned });
  const correction = { id: 'file[/etc/issue]', to: 'c0ffee', atMs: image.nowMs } as const;
  await writeCorrections(image.runtime, [correction, correction]);
}

test('retry says what may be tried again, forgets it, and leaves what rollback pinned', async () => {
  await holdBack();
  expect(await retry()).toBe(0);
  expect(image.answer()).toBe(
    [
      'Commit 222222222222 "change 2" may be tried again. It was taken back 10 min ago: connection refused.',
      'Earlier attempts no longer count: file[/etc/issue].',
      'The next cycle tries it; "sudo systemctl reload holdfast" begins one now.',
      '',
    ].join('\n'),
  );
  expect(await readLedger(image.state)).toMatchObject({ quarantine: [], pinned: { restored: 1 } });
  expect(await readCorrections(image.runtime)).toEqual([]);
});

test('retry says that nothing was held back, and writes nothing then', async () => {
  const before = await image.state.read('ledger.json');
  expect(await retry()).toBe(0);
  expect(image.answer()).toBe('Nothing was held back on this host because of an earlier failure.\n');
  expect(await image.state.read('ledger.json')).toEqual(before);
});

test('retry tells programs what it forgot', async () => {
  await holdBack();
  await retry(true);
  expect(JSON.parse(image.answer())).toMatchObject({
    quarantine: [{ tx: 2, why: 'connection refused' }],
    drift: ['file[/etc/issue]'],
  });
});

test('retry waits for nobody but the holder of the lock, and says who that is', async () => {
  const taken = await image.lock('holdfast run');
  await expect(retry()).rejects.toMatchObject({ exitCode: 75 });
  expect(image.complaint()).toMatch(/^Waiting at most 60 s: "holdfast run" \(pid 4711\) has held the lock/);
  if ('lock' in taken) taken.lock.release();
});

test('history tells the last changes, to people and to programs', async () => {
  const ledger = await readLedger(image.state);
  await writeLedger(image.state, {
    ...ledger,
    history: [changeOf({ failure: 'refused', end: 'rolled back' })],
  });
  expect(await historyCommand(image.options, image.environment)).toBe(0);
  expect(image.answer()).toContain('change 1');
  await historyCommand({ ...image.options, json: true }, image.environment);
  expect(JSON.parse(image.answer())).toMatchObject([{ tx: 1, end: 'rolled back', failure: 'refused' }]);
});

test('history of a fresh host is a sentence, and leaves no trace', async () => {
  const fresh = new Image();
  expect(await historyCommand(fresh.options, fresh.environment)).toBe(0);
  expect(fresh.answer()).toBe('Nothing has been changed on this host yet.\n');
  expect(() => fresh.read('/var/lib/holdfast/ledger.json')).toThrow('ENOENT');
});
