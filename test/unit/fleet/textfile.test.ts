import { beforeEach, expect, test } from 'vitest';
import { formatMetrics } from '../../../agent/fleet/metrics.ts';
import { NOTHING_COUNTED } from '../../../agent/fleet/tally.ts';
import { Textfile } from '../../../agent/fleet/textfile.ts';
import { peerOf } from '../../support/peers.ts';

let nowMs: number;
let written: string[];
let said: string[];
let failure: string | null;
let wanted: boolean;
let textfile: Textfile;
beforeEach(() => {
  nowMs = 0;
  written = [];
  said = [];
  failure = null;
  wanted = true;
  textfile = new Textfile(
    {
      wantsTextfile: () => wanted,
      writeTextfile: async (text) => {
        if (failure !== null) throw new Error(failure);
        written.push(text);
        return true;
      },
    },
    { monotonicMs: () => nowMs },
    { warn: ({ sentence }) => void said.push(sentence) },
  );
});
const metrics = (atMs: number, generation = 1): string =>
  formatMetrics({
    self: peerOf({ generation, lastSuccessMs: atMs }),
    cycle: { atMs, tookMs: atMs % 97 },
    lastChange: null,
    tally: NOTHING_COUNTED,
    checks: {},
  });

test('the file is written when there is news, and every five minutes without', async () => {
  for (let n = 1; n <= 20; n += 1) {
    nowMs = n * 30_000;
    await textfile.keep(async () => metrics(nowMs));
  }
  expect(written).toEqual([metrics(30_000), metrics(330_000)]);
  await textfile.keep(async () => metrics(nowMs, 2));
  expect(written.at(-1)).toBe(metrics(nowMs, 2));
});

test('a file that cannot be written is said once and tried again, and nothing fails for it', async () => {
  failure = 'Cannot write: no space left.';
  await textfile.keep(async () => metrics(1));
  await textfile.keep(async () => metrics(2));
  expect(said).toEqual([failure]);
  failure = null;
  await textfile.keep(async () => metrics(3));
  expect(written).toEqual([metrics(3)]);
});

test('where nobody looks for the file, nothing is measured for it', async () => {
  wanted = false;
  let asked = 0;
  await textfile.keep(async () => `${(asked += 1)}`);
  expect({ asked, written }).toEqual({ asked: 0, written: [] });
  wanted = true;
  await textfile.keep(async () => metrics(1));
  expect(written).toEqual([metrics(1)]);
});
