import { expect, test } from 'vitest';
import { age, span, utc } from '../../../agent/report/times.ts';

test.each([
  [-5, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 days'],
])('%i ms are an age of %s', (ms, text) => {
  expect(age(ms)).toBe(text);
});

test('what took short is said to a tenth of a second, and what a power cut made long is not', () => {
  expect([span(74_249), span(119_999), span(120_000), span(7_200_000)]).toEqual([
    '74.2 s',
    '120.0 s',
    '2 min',
    '2 h',
  ]);
});

test('a moment is said in UTC, to the minute', () => {
  expect(utc(Date.UTC(2026, 2, 1, 14, 5, 59))).toBe('2026-03-01 14:05 UTC');
});
