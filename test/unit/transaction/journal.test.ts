import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import type { StateDirectory } from '../../../agent/host/host.ts';
import { openStateDirectory } from '../../../agent/host/state-directory.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { JournalDamaged, type Begin, type Entry } from '../../../agent/transaction/phase.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';
import { beginOf } from '../commands/begin-of.ts';
import { freshFolder } from '../host/fresh-folder.ts';

/** The record of a change that has not ended: on a real disk, and on the one that the other tests use. */

const SEEN = { where: 'gate', seen: 'refused' };
const BACK: Entry = { t: 'back', why: SEEN, quarantine: true };
const ENTRIES: readonly Entry[] = [
  beginOf(),
  { t: 'step', n: 0 },
  { t: 'verify', deadline: { boot: 'boot 1', monotonicMs: 1 } },
];

type Disk = {
  readonly state: StateDirectory;
  readonly bytes: () => Buffer;
  readonly put: (bytes: Uint8Array) => void;
};
function fakeDisk(): Disk {
  const state = new FakeStateDirectory();
  return {
    state,
    bytes: () => Buffer.from(state.files.get('journal')!),
    put: (bytes) => state.files.set('journal', bytes),
  };
}
function realDisk(): Disk {
  const folder = freshFolder();
  const path = join(folder, 'journal');
  return {
    state: openStateDirectory(folder),
    bytes: () => readFileSync(path),
    put: (bytes) => writeFileSync(path, bytes, { mode: 0o600 }),
  };
}

async function written(disk: Disk, entries: readonly Entry[] = ENTRIES): Promise<void> {
  const journal = await openJournal(disk.state);
  for (const entry of entries) await journal.append(entry);
}
const phaseOn = async ({ state }: Disk): Promise<string> => (await openJournal(state)).phase.phase;

describe.each([
  ['a disk in memory', fakeDisk],
  ['a real disk', realDisk],
])('on %s', (_name, make) => {
  let disk: Disk;
  beforeEach(() => {
    disk = make();
  });
  const lines = (): string[] => disk.bytes().toString().split('\n').slice(0, -1);
  const putLines = (texts: readonly string[]): void =>
    disk.put(Buffer.from(texts.map((text) => `${text}\n`).join('')));

  test('what was written is read back by the next agent', async () => {
    await written(disk);
    expect((await openJournal(disk.state)).phase).toMatchObject({
      phase: 'verifying',
      announced: 1,
      begin: beginOf(),
    });
  });

  test('one that is empty, or not there, is no open change', async () => {
    expect(await phaseOn(disk)).toBe('idle');
    disk.put(new Uint8Array());
    expect(await phaseOn(disk)).toBe('idle');
  });

  test('what cannot follow is not written', async () => {
    await written(disk, [beginOf()]);
    const before = disk.bytes();
    const journal = await openJournal(disk.state);
    await expect(journal.append(ENTRIES[2]!)).rejects.toBeInstanceOf(JournalDamaged);
    expect(disk.bytes()).toEqual(before);
  });

  describe('the power went while a line was being written', () => {
    test.each([
      ['in the middle of it', (whole: Buffer, last: number) => whole.subarray(0, whole.length - last / 2)],
      ['all but its end', (whole: Buffer) => whole.subarray(0, whole.length - 1)],
      [
        'space was taken and nothing written to it',
        (whole: Buffer, last: number) =>
          Buffer.concat([whole.subarray(0, whole.length - last), Buffer.alloc(4096)]),
      ],
    ])('%s: it is no line, and the next one takes its place', async (_how, torn) => {
      await written(disk);
      const whole = disk.bytes();
      disk.put(torn(whole, lines().at(-1)!.length + 1));
      const journal = await openJournal(disk.state);
      expect(journal.phase).toMatchObject({ phase: 'applying', announced: 1 });
      await journal.append(BACK);
      expect(await phaseOn(disk)).toBe('rollingBack');
      expect(lines()).toHaveLength(3);
    });

    test('the first: nothing was begun', async () => {
      await written(disk, [beginOf()]);
      disk.put(disk.bytes().subarray(0, 40));
      expect(await phaseOn(disk)).toBe('idle');
      await written(disk, [beginOf({ tx: 9 })]);
      expect((await openJournal(disk.state)).phase).toMatchObject({ phase: 'applying', begin: { tx: 9 } });
    });
  });

  describe('damage is said, with the line and the ways out, and never guessed at', () => {
    const flipped = (text: string): string => `${text.slice(0, 20)}?${text.slice(21)}`;
    const twoSteps = (): Begin =>
      beginOf({ steps: [{ do: 'daemon-reload' }, { do: 'enforce', id: 'file[/etc/a]', to: null }] });
    const STEPS: readonly Entry[] = [twoSteps(), { t: 'step', n: 0 }, { t: 'step', n: 1 }, BACK];
    test.each<[string, (texts: string[]) => string[], number]>([
      ['a line in the middle', ([a, b, ...rest]) => [a!, flipped(b!), ...rest], 2],
      ['the last line, although it has its end', (all) => [...all.slice(0, -1), flipped(all.at(-1)!)], 4],
      ['a line is there twice', ([a, b, ...rest]) => [a!, b!, b!, ...rest], 3],
      ['a line is gone', ([a, , ...rest]) => [a!, ...rest], 2],
      ['the first line is gone', ([, ...rest]) => rest, 1],
      ['two lines have changed places', ([a, b, c, d]) => [a!, c!, b!, d!], 2],
      ['an empty line', ([a, ...rest]) => [a!, '', ...rest], 2],
    ])('%s', async (_what, spoil, line) => {
      await written(disk, STEPS);
      putLines(spoil(lines()));
      const opened = openJournal(disk.state);
      await expect(opened).rejects.toBeInstanceOf(JournalDamaged);
      await expect(opened).rejects.toThrow(
        `${disk.state.path}/journal cannot be understood (line ${line}: its checksum does not fit). It is the record of a change that has not ended, so nothing is changed until it can: put it back from a backup, or accept this host as it is with: holdfast settle`,
      );
    });

    const withSums = (entries: readonly unknown[]): string[] => {
      let before = '';
      return entries.map((entry) => {
        const json = JSON.stringify(entry);
        before = crc32(`${before}${json}`).toString(16).padStart(8, '0');
        return `${before} ${json}`;
      });
    };
    test('lines that are whole and cannot follow each other', async () => {
      putLines(withSums([beginOf(), ENTRIES[2]]));
      await expect(openJournal(disk.state)).rejects.toThrow('line 2: "verify" cannot follow "applying"');
    });

    test('another release’s', async () => {
      putLines(withSums([{ ...beginOf(), version: 2 }, { t: 'something new' }]));
      await expect(openJournal(disk.state)).rejects.toThrow(
        'line 1: it was written by another release of Holdfast, which has to finish it',
      );
    });
  });

  test('one that somebody shortened meanwhile is not written to', async () => {
    await written(disk, ENTRIES.slice(0, 2));
    const journal = await openJournal(disk.state);
    disk.put(disk.bytes().subarray(0, 50));
    await expect(journal.append(ENTRIES[2]!)).rejects.toThrow();
    expect([disk.bytes().length, journal.phase.phase]).toEqual([50, 'applying']);
  });

  test('an attempt to go back that failed takes the place of the one before: it does not grow', async () => {
    const stuck = (attempt: number): Entry & { t: 'stuck' } => ({
      t: 'stuck',
      why: SEEN,
      attempt,
      again: { boot: 'boot 1', monotonicMs: 1 },
    });
    await written(disk, [...ENTRIES, BACK]);
    const journal = await openJournal(disk.state);
    await journal.appendLast(stuck(1));
    const size = disk.bytes().length;
    for (let attempt = 2; attempt < 10; attempt += 1) await journal.appendLast(stuck(attempt));
    expect(disk.bytes().length).toBe(size);
    expect((await openJournal(disk.state)).phase).toMatchObject({ phase: 'stuck', attempt: 9, why: SEEN });
    await journal.append({ t: 'end', outcome: 'rolledBack', degraded: false, vipWell: false, note: null });
    expect(await phaseOn(disk)).toBe('settling');
  });

  test('once it has ended, the next change begins a new one', async () => {
    await written(disk);
    const journal = await openJournal(disk.state);
    await journal.remove();
    expect([journal.phase.phase, await disk.state.read('journal')]).toEqual(['idle', null]);
    await journal.append(beginOf({ tx: 3 }));
    expect(lines()).toHaveLength(1);
  });
});

describe('on a real disk', () => {
  test('only root can read it', async () => {
    const folder = freshFolder();
    await (await openJournal(openStateDirectory(folder))).append(beginOf());
    expect(statSync(join(folder, 'journal')).mode & 0o777).toBe(0o600);
  });

  test('what a failed write left behind is cut off by the next one', async () => {
    const folder = freshFolder();
    const path = join(folder, 'journal');
    const state = openStateDirectory(folder);
    const journal = await openJournal(state);
    await journal.append(beginOf());
    appendFileSync(path, `${'x'.repeat(5_000)}\n`);
    await journal.append(BACK);
    expect((await openJournal(state)).phase.phase).toBe('rollingBack');
  });

  test('one that was shortened is named in the error', async () => {
    const folder = freshFolder();
    const journal = await openJournal(openStateDirectory(folder));
    await journal.append(beginOf());
    truncateSync(join(folder, 'journal'), 10);
    await expect(journal.append(BACK)).rejects.toThrow(
      /journal has 10 bytes where \d+ had been written: something else changed it\./,
    );
  });
});

test('a write that fails leaves the journal where it was, and the next one is tried at the same place', async () => {
  const state = new FakeStateDirectory();
  const journal = await openJournal(state);
  await journal.append(beginOf());
  const append = state.append.bind(state);
  state.append = () => Promise.reject(new Error('no space left on device'));
  await expect(journal.append({ t: 'step', n: 0 })).rejects.toThrow('no space left');
  expect(journal.phase).toMatchObject({ phase: 'applying', announced: 0 });
  state.append = append;
  await journal.append(BACK);
  expect((await openJournal(state)).phase).toMatchObject({ phase: 'rollingBack', announced: 0 });
});
