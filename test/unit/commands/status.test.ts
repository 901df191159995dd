import { beforeEach, expect, test } from 'vitest';
import { statusCommand, whyCommand } from '../../../agent/commands/status.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { beginOf } from './begin-of.ts';
import { Image } from './image.ts';

let image: Image;
beforeEach(() => {
  image = new Image();
});
const status = (json = false): Promise<number> =>
  statusCommand({ ...image.options, json }, image.environment);
const begin = async () => {
  const journal = await openJournal(image.state);
  await journal.append(beginOf({ atMs: image.nowMs - 12_000 }));
  await journal.append({ t: 'step', n: 0 });
};

test('a host without a cycle has no status, and says where to look', async () => {
  await expect(status()).rejects.toThrow('No cycle has ended on this host yet.');
});

test('a change that is under way comes first, also when no cycle has ended yet', async () => {
  await begin();
  const line =
    /^Under way for 12 s: commit 222222222222 "change 2": applying: step 1 of 1: file\[\/etc\/motd\]\.\n/;
  expect(await status()).toBe(0);
  expect(image.answer()).toMatch(new RegExp(`${line.source}$`));
  await image.state.remove('journal');
  await image.converge({ '/etc/motd': 'one\n' });
  image.answer();
  await begin();
  await status();
  expect(image.answer()).toMatch(new RegExp(`${line.source}\nhost        kubernetes-node-1, MASTER`));
  await whyCommand(image.options, image.environment);
  expect(image.answer()).toMatch(line);
});

test('a status that is older than its cycles says so, but not while a change takes its time', async () => {
  await image.converge({ '/etc/motd': 'one\n' });
  image.nowMs += 600_000;
  await status();
  expect(image.complaint()).toBe(
    'This is 10 min old. See whether the agent runs: systemctl status holdfast\n',
  );
  await begin();
  await status();
  expect(image.complaint()).toBe('');
});

test('programs are told of the change that is under way, and nothing of what it holds', async () => {
  await image.converge({ '/etc/motd': 'one\n' });
  image.answer();
  await status(true);
  expect(JSON.parse(image.answer())).toMatchObject({ hostname: 'kubernetes-node-1', open: null });
  await begin();
  await status(true);
  const { open } = JSON.parse(image.answer()) as { open: object };
  expect(open).toMatchObject({ phase: 'applying', tx: 2, of: 'commit 222222222222 "change 2"' });
  expect(Object.keys(open)).toEqual(['phase', 'tx', 'of', 'commit', 'atMs', 'sentence']);
});
