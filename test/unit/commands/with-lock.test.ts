import { expect, test } from 'vitest';
import { describeHolder } from '../../../agent/commands/with-lock.ts';

const held = { pid: 812, command: 'holdfast converge', sinceMs: 1_000_000, isStopped: false };

test('who holds the lock, and since when', () => {
  expect(describeHolder(held, 1_300_000)).toBe('"holdfast converge" (pid 812) has held the lock for 5 min');
  expect(describeHolder(null, 0)).toBe('another process holds the lock');
});

test('one that is stopped keeps it until somebody lets it go on, and it is said how', () => {
  expect(describeHolder({ ...held, isStopped: true }, 1_300_000)).toBe(
    '"holdfast converge" (pid 812) has held the lock for 5 min, and is stopped (Ctrl-Z): "fg" where it was started, or "sudo kill -CONT 812", lets it go on to its end',
  );
});
