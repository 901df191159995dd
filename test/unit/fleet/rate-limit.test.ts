import { expect, test } from 'vitest';
import { RateLimit } from '../../../agent/fleet/rate-limit.ts';

const times = (count: number, ask: (n: number) => boolean): number =>
  Array.from({ length: count }, (_, n) => ask(n)).filter(Boolean).length;

test('one peer may ask ten times at once, and then ten times a second', () => {
  const rate = new RateLimit({ perSecond: 30, each: 10 });
  expect(times(100, () => rate.allows('10.1.1.2', 0))).toBe(10);
  expect(rate.allows('10.1.1.2', 99)).toBe(false);
  expect(rate.allows('10.1.1.2', 100)).toBe(true);
  expect(times(2000, (n) => rate.allows('10.1.1.2', 1_000 + n))).toBe(28);
});

test('one peer that asks without an end does not keep the others from asking', () => {
  const rate = new RateLimit({ perSecond: 30, each: 10 });
  for (let n = 0; n < 1000; n += 1) rate.allows('10.1.1.2', 0);
  expect(times(10, () => rate.allows('10.1.1.3', 0))).toBe(10);
});

test('all together may ask thirty times a second', () => {
  const rate = new RateLimit({ perSecond: 30, each: 10 });
  const all = (nowMs: number): number => times(200, (n) => rate.allows(`10.1.1.${n % 20}`, nowMs));
  expect(all(0)).toBe(30);
  expect(all(500)).toBe(15);
});

test('a host that is no longer a node is forgotten, and a clock that stands still gives nothing away', () => {
  const rate = new RateLimit({ perSecond: 30, each: 1 });
  expect(rate.allows('10.1.1.2', 1_000)).toBe(true);
  rate.keepOnly(new Set(['10.1.1.2']));
  expect(rate.allows('10.1.1.2', 900)).toBe(false);
  rate.keepOnly(new Set());
  expect(rate.allows('10.1.1.2', 900)).toBe(true);
});
