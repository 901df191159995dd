import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allAt, differences, messages, nextCycle, picture } from '../support/cluster.ts';
import {
  committed,
  committedAsAt,
  endsOf,
  historyOf,
  lastEntry,
  layerOf,
  ownDisk,
  property,
  untilReport,
} from '../support/interrupted.ts';
import { HOSTS, lab, type Changes } from '../support/lab.ts';

const host = lab.host(3);
const END_MS = 180_000;

/** Two files, and a unit that does something at its start: for some of it the disk has no place. */
const layer = (text: string, start: string | null = null): Changes => ({
  [layerOf(host)]: `
files:
  /etc/note: { content: "${text}\\n" }
  /etc/small/note: { content: "${text}\\n" }
${
  start === null
    ? ''
    : `
  /etc/systemd/system/starts.service: { content: "[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/sh -c '${start}'\\n" }
units: { starts.service: { running: true } }
`
}`,
});

let before = '';
/** In what is written: what an earlier run had to take back, or to put right again, is not held against this one. */
let run = '';
let was = '';
beforeAll(async () => {
  before = lab.head();
  run = before.slice(0, 12);
});
afterAll(async () => {
  await allAt(committedAsAt(before, [host]), HOSTS, END_MS);
});
beforeEach(async () => {
  await allAt(committed(layer(`before ${run}`), 'Before', [host]), [3], END_MS);
});

const change = (what: string, changes: Changes): string => committed(changes, what, [host]);
const said = (cursor: string): string => messages(host.journal(cursor)).join('\n');
const untilRefused = () =>
  untilReport(host, 'refused', ({ outcome }) => outcome === 'refused', END_MS).then(({ refused }) =>
    refused!.reasons.join('\n'),
  );
const isAsBefore = (): void => expect(differences(was, picture(host))).toEqual([]);

describe("a full disk under Holdfast's own state", () => {
  const disk = ownDisk(host, '/var/lib/holdfast', { whileStopped: true });
  beforeAll(() => disk.mount());
  afterAll(() => disk.unmount());
  beforeEach(() => {
    was = picture(host);
  });

  it('keeps a commit away from the host, says so, and lets it through when there is room again', async () => {
    const cursor = host.cursor();
    disk.fill();
    const sha = change('A change that finds no room', layer('no room'));
    const { source } = await untilReport(host, 'no room', (status) => !status.source.ok);
    expect(source.why).toMatch(/no space left for the state repository/);
    expect(said(cursor)).toMatch(/no space left for the state repository.*goes on being enforced/);
    isAsBefore();
    disk.makeRoom();
    await allAt(sha, [3], END_MS);
    expect(endsOf(host, sha)).toEqual(['committed']);
  });

  it('lets nothing begin that could not be taken back', async () => {
    // Fetched and read while there is room; what is missing is that for the change itself.
    host.run(['holdfast', 'pause', '--reason', 'To fill the disk']);
    const sha = change('A change that finds no room to begin', layer('no room to begin'));
    await untilReport(host, 'the commit', ({ source }) => source.head === sha);
    const cursor = host.cursor();
    disk.fill();
    host.shell('holdfast resume; systemctl reload holdfast');
    const { why } = await untilReport(host, 'failed', ({ outcome }) => outcome === 'failed');
    expect(why).toMatch(/Cannot write \/var\/lib\/holdfast\/.*no space left on device.*Free some space/);
    expect(said(cursor)).toContain(why);
    expect(lastEntry(host)).toBeNull();
    isAsBefore();
    disk.makeRoom();
    await allAt(sha, [3], END_MS);
    expect(endsOf(host, sha)).toEqual(['committed']);
  });

  it('does not keep a change that filled it from being taken back exactly', async () => {
    const fill = `dd if=/dev/zero of=${disk.filler} bs=4k; exit 1`;
    const sha = change('A change that fills the disk', layer(`fills ${run}`, fill));
    expect(await untilRefused()).toMatch(/unit\[starts\.service\]/);
    expect(historyOf(host, sha)).toMatchObject([{ end: 'rolled back', note: null, quarantined: true }]);
    isAsBefore();
    disk.makeRoom();
  });
});

describe('a disk under /etc', () => {
  const disk = ownDisk(host, '/etc/small');
  beforeAll(async () => {
    await allAt(committed(layer(`before ${run}`), 'Before', [host]), [3], END_MS);
    disk.mount();
  });
  afterAll(() => disk.unmount());

  it.each([
    ['is full', disk.fill, disk.makeRoom, /no space left on device/],
    ['is read-only', disk.readOnly, disk.writable, /read-only file system/],
  ])(
    'that %s: the change is taken back exactly, and goes through afterwards',
    async (what, spoil, mend, seen) => {
      spoil();
      was = picture(host);
      const cursor = host.cursor();
      const sha = change(`A change while the disk ${what}`, layer(`${what} ${run}`));
      expect(await untilRefused()).toMatch(seen);
      expect(historyOf(host, sha)).toMatchObject([
        { end: 'rolled back', failure: expect.stringMatching(seen) as string, note: null },
      ]);
      isAsBefore();
      expect(said(cursor)).toMatch(/This host is as it was before/);
      mend();
      host.shell('holdfast retry; systemctl reload holdfast');
      await allAt(sha, [3], END_MS);
      expect(endsOf(host, sha)).toEqual(['rolled back', 'committed']);
    },
  );

  describe('that becomes read-only after the files were written', () => {
    const START = 'mount -o remount,ro /etc/small';
    let text = '';
    let sha = '';
    let cursor = '';
    beforeEach(async () => {
      was = picture(host);
      cursor = host.cursor();
      text = `half way ${lab.head().slice(0, 12)}`;
      sha = change('A change that cannot be taken back', layer(text, `${START}; exit 1`));
      await untilReport(host, 'stuck', ({ outcome }) => outcome === 'stuck', END_MS);
    });

    it('is stuck, loudly, and ends by itself when the disk is mended', async () => {
      const seen = /file\[\/etc\/small\/note\].*read-only file system/s;
      const loud = host.journal(cursor).filter((entry) => entry['HOLDFAST_EVENT'] === 'change-stuck');
      expect(loud.map(({ PRIORITY }) => PRIORITY)).toEqual(['3']);
      expect(messages(loud)[0]).toMatch(seen);
      for (const verb of ['status', 'why']) {
        const told = host.run(['holdfast', verb]).stdout;
        expect(told).toMatch(seen);
        expect(told).toContain('holdfast settle');
      }
      // What could be put back is.
      expect(host.read('/etc/note')).toContain('before');
      expect(host.exists('/etc/systemd/system/starts.service')).toBe(false);
      disk.writable();
      await untilRefused();
      expect(historyOf(host, sha)).toMatchObject([{ end: 'rolled back', note: null, quarantined: true }]);
      isAsBefore();
    });

    it('gives way to a newer commit that says what all of it shall be', async () => {
      const newer = change('A change that mends it', layer(text, START));
      await allAt(newer, [3], END_MS);
      expect(endsOf(host, newer)).toEqual(['committed']);
      expect(historyOf(host, sha)).toMatchObject([
        { end: 'rolled back', note: expect.stringContaining('A change that mends it') as string },
      ]);
      expect(property(host, 'starts', 'ActiveState')).toBe('active');
      expect(host.read('/etc/small/note')).toContain('half way');
      disk.writable();
    });

    it('can be accepted as it is, and is not tried again', async () => {
      expect(host.run(['holdfast', 'settle']).stdout).toMatch(/is accepted/);
      // Before three cycles have tried in vain to put the drift right, and leave it for an hour.
      disk.writable();
      await nextCycle(host);
      expect(lastEntry(host)).toBeNull();
      expect(historyOf(host, sha)).toMatchObject([
        { end: 'rolled back', note: expect.stringContaining('accepted as it is') as string },
      ]);
      // What was accepted is drift of what is in force.
      expect(await untilRefused()).toMatch(/taken back/);
      isAsBefore();
    });
  });
});
