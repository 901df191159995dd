import { expect, it } from 'vitest';
import { openStopwatch } from '../../../agent/health/stopwatch.ts';
import { fakeTime } from './fake-time.ts';

const LIMIT_MS = 20_000;

function stopwatch() {
  const time = fakeTime();
  const watch = openStopwatch(time);
  const lasts = (ms: number) =>
    watch.during(LIMIT_MS, async () => {
      time.now += ms;
      return 'found';
    });
  return { watch, lasts };
}

it('counts what takes as long as it may, and a little longer on a busy machine', async () => {
  const { watch, lasts } = stopwatch();
  expect(await lasts(LIMIT_MS)).toEqual({ found: 'found', frozen: false });
  expect(await lasts(25_000)).toEqual({ found: 'found', frozen: false });
  expect(watch.lostMs()).toBe(0);
});

it('does not count what takes longer than anything can', async () => {
  const { watch, lasts } = stopwatch();
  expect(await lasts(90_000)).toEqual({ found: 'found', frozen: true });
  expect(await lasts(60_000)).toEqual({ found: 'found', frozen: true });
  expect(watch.lostMs()).toBe(150_000);
});

it('counts everything on a machine that is late for ever, or nothing would end', async () => {
  const { watch, lasts } = stopwatch();
  for (let n = 0; n < 10; n += 1) expect(await lasts(30_000)).toMatchObject({ frozen: true });
  expect(await lasts(30_000)).toMatchObject({ frozen: false });
  expect(watch.lostMs()).toBe(300_000);
});
