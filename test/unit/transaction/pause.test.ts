import { expect, test } from 'vitest';
import { clearPause, readPause, writePause } from '../../../agent/transaction/pause.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

const PAUSED = { reason: 'new switch', by: 'ada', sinceMs: 1_000, untilMs: 5_000 };

test('a pause holds up to its end, and then no more', async () => {
  const state = new FakeStateDirectory();
  expect(await readPause(state, 1_000)).toBeNull();
  await writePause(state, PAUSED);
  expect([await readPause(state, 4_999), await readPause(state, 5_000)]).toEqual([PAUSED, null]);
});

test('a clock that was set back does not end a pause', async () => {
  const state = new FakeStateDirectory();
  await writePause(state, PAUSED);
  expect(await readPause(state, 0)).toEqual(PAUSED);
});

test('a pause without an end lasts until it is cleared', async () => {
  const state = new FakeStateDirectory();
  await writePause(state, { ...PAUSED, untilMs: null });
  expect(await readPause(state, Number.MAX_SAFE_INTEGER)).not.toBeNull();
  await clearPause(state);
  expect(await readPause(state, 0)).toBeNull();
});

test.each(['', 'null', '{', '[]', '{"version":1,"reason":"new switch","by":"ada","sinceMs":1000}'])(
  'a damaged pause (%s) is a pause without an end, and says the way out',
  async (text) => {
    const state = new FakeStateDirectory();
    await state.replace('pause.json', text);
    expect(await readPause(state, Number.MAX_SAFE_INTEGER)).toEqual({
      reason:
        '/var/lib/holdfast/pause.json is damaged, and may hold a pause: "holdfast resume" ends it, "holdfast pause" writes it anew',
      by: 'somebody',
      sinceMs: text.includes('1000') ? 1_000 : 0,
      untilMs: null,
    });
  },
);
