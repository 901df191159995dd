import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { callerOf } from '../../../agent/host/caller.ts';

test('who called is who logged in, not the root that sudo or doas made them', () => {
  expect(callerOf({ SUDO_USER: 'ada' })).toBe('ada');
  expect(callerOf({ DOAS_USER: 'bob' })).toBe('bob');
  expect(callerOf({ SUDO_USER: '' })).toBe(userInfo().username);
  expect(callerOf({})).toBe(userInfo().username);
});
