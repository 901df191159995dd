import { beforeEach, describe, expect, test } from 'vitest';
import { settleCommand } from '../../../agent/commands/settle.ts';
import { statusCommand } from '../../../agent/commands/status.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { beginOf } from './begin-of.ts';
import { Image } from './image.ts';

let image: Image;
beforeEach(async () => {
  image = new Image();
  await image.converge({ '/etc/motd': 'one\n' });
  image.answer();
});
const settle = (json = false): Promise<number> =>
  settleCommand({ ...image.options, json }, image.environment);

/** A change that failed its health check, and whose way back failed twice. */
async function stuck(): Promise<void> {
  const journal = await openJournal(image.state);
  await journal.append(beginOf());
  await journal.append({ t: 'step', n: 0 });
  await journal.append({ t: 'back', why: { where: 'gate', seen: 'connection refused' }, quarantine: true });
  for (const attempt of [1, 2])
    await journal.appendLast({
      t: 'stuck',
      why: { where: 'back', seen: 'on the way back: file[/etc/motd]: the file system is read-only' },
      attempt,
      again: { boot: 'boot 1', monotonicMs: 1 },
    });
}

describe('settle', () => {
  test('shows what differs, accepts it, and says what comes of it', async () => {
    await stuck();
    expect(await settle()).toBe(0);
    expect(image.answer()).toBe(
      [
        'Commit 222222222222 "change 2" failed (connection refused) and could not be taken back either, tried 2 times. What differs from before it:',
        '  on the way back: file[/etc/motd]: the file system is read-only',
        'That is accepted: this host counts as taken back to generation 1. From the next cycle on, what differs from it is drift, and is put right where it can be. The same change is not tried again before a commit changes it, or "holdfast retry".',
        '"sudo systemctl reload holdfast" begins a cycle now.',
        '',
      ].join('\n'),
    );
  });

  test('lets the next cycle go on, and history tells who accepted what', async () => {
    await stuck();
    await settle();
    image.write('/etc/motd', 'half of two\n');
    await image.converge({ '/etc/motd': 'one\n' });
    expect(image.read('/etc/motd')).toBe('one\n');
    expect((await openJournal(image.state)).phase.phase).toBe('idle');
    const { tx, generation, history, quarantine } = await readLedger(image.state);
    expect([tx > 1, generation]).toEqual([true, 1]);
    expect(history.find((change) => change.tx === 2)).toMatchObject({
      end: 'rolled back',
      failure: 'connection refused',
      note: 'It could not be put back as it was (on the way back: file[/etc/motd]: the file system is read-only), and was accepted as it is by ada.',
    });
    expect(quarantine).toMatchObject([{ tx: 2, pairs: [{ id: 'file[/etc/motd]' }] }]);
  });

  test('twice is once', async () => {
    await stuck();
    await settle();
    image.answer();
    await settle();
    expect(image.answer()).toMatch(/^Nothing is stuck on this host\./);
  });

  test('says that nothing is stuck, and leaves a change that is under way alone', async () => {
    expect(await settle()).toBe(0);
    expect(image.answer()).toBe('Nothing is stuck on this host, and no change is under way.\n');
    await (await openJournal(image.state)).append(beginOf());
    expect(await settle()).toBe(0);
    expect(image.answer()).toMatch(
      /^Nothing is stuck on this host\. A change is under way \(commit 222222222222 "change 2"\)/,
    );
    expect((await openJournal(image.state)).phase.phase).toBe('applying');
  });

  test('tells programs what was accepted', async () => {
    await settle(true);
    expect(JSON.parse(image.answer())).toEqual({ settled: null });
    await stuck();
    await settle(true);
    expect(JSON.parse(image.answer())).toEqual({
      settled: {
        tx: 2,
        of: 'commit 222222222222 "change 2"',
        why: 'connection refused',
        differs: 'on the way back: file[/etc/motd]: the file system is read-only',
      },
    });
  });
});

describe('a damaged journal', () => {
  const DAMAGED = '00000000 {"t":"begin"}\n';
  beforeEach(() => image.state.replace('journal', DAMAGED));

  test('is moved aside by settle, which says what that means', async () => {
    expect(await settle()).toBe(0);
    const aside = `damaged-journal-${image.nowMs}`;
    expect(image.answer()).toBe(
      [
        `The record of a change that had not ended is damaged. It is now ${image.state.path}/${aside} and counts no more: this host is accepted as it is.`,
        'What that change had done stays done, and nothing is taken back for it. The next cycle plans anew: what differs from the desired state is changed, and the change may be tried again. If you do not trust it, push a commit without it first, or: holdfast pause',
        '',
      ].join('\n'),
    );
    expect(Buffer.from((await image.state.read(aside)) ?? []).toString()).toBe(DAMAGED);
    expect(await image.converge({ '/etc/motd': 'two\n' })).toBe(0);
    expect(image.read('/etc/motd')).toBe('two\n');
  });

  test('stops every change until then, and status names the file and the line', async () => {
    await expect(image.converge({ '/etc/motd': 'two\n' })).rejects.toThrow(
      '/journal cannot be understood (line 1: ',
    );
    expect(image.read('/etc/motd')).toBe('one\n');
    await statusCommand(image.options, image.environment);
    expect(image.answer()).toMatch(/^\S+\/journal cannot be understood \(line 1: .*holdfast settle\n\nhost /);
  });
});
