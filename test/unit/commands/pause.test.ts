import { expect, test } from 'vitest';
import { pauseCommand, type PauseOptions } from '../../../agent/commands/pause.ts';
import { resumeCommand } from '../../../agent/commands/resume.ts';
import { readPause } from '../../../agent/transaction/pause.ts';
import { Image } from './image.ts';

const pause = (image: Image, options: PauseOptions) =>
  pauseCommand({ ...image.options, ...options }, image.environment);
const resume = (image: Image, json = false) => resumeCommand({ ...image.options, json }, image.environment);
const paused = (image: Image) => readPause(image.state, image.nowMs);

test('a pause keeps its reason, who asked and until when, and says what it stops', async () => {
  const image = new Image();
  expect(await pause(image, { reason: ' new\n switch ', for: '2h' })).toBe(0);
  expect(image.answer()).toBe(
    [
      'This host is paused until 2025-11-23 14:00 UTC: new switch',
      'Nothing is changed on it meanwhile: no new commit is applied, and drift is not put right either. The repository goes on being followed.',
      '"holdfast resume" ends it.',
      '',
    ].join('\n'),
  );
  const untilMs = image.nowMs + 7_200_000;
  expect(await paused(image)).toEqual({ reason: 'new switch', by: 'ada', sinceMs: image.nowMs, untilMs });
  image.nowMs = untilMs;
  expect(await paused(image)).toBeNull();
});

test('a cycle on a paused host changes nothing and says so with a code of its own', async () => {
  const image = new Image();
  await pause(image, { reason: 'new switch' });
  expect(await image.converge({ '/etc/motd': 'one\n' })).toBe(5);
  expect(() => image.read('/etc/motd')).toThrow('ENOENT');
  await resume(image);
  expect(await image.converge({ '/etc/motd': 'one\n' })).toBe(0);
  expect(image.read('/etc/motd')).toBe('one\n');
});

test('a second pause replaces the first, and says whose it was', async () => {
  const image = new Image();
  await pause(image, { reason: 'new switch', for: '2h' });
  image.answer();
  await pause(image, { reason: 'new kernel' });
  expect(image.answer()).toMatch(
    /^This host is paused until somebody resumes it: new kernel\nThat replaces the pause of ada: new switch\n/,
  );
  await resume(image);
  expect(await paused(image)).toBeNull();
});

test('a pause does not wait for the cycle that is under way, and says that it is not stopped', async () => {
  const image = new Image();
  const taken = await image.lock('holdfast run');
  await pause(image, { reason: 'new switch' });
  expect(image.answer()).toMatch(
    /\nNot stopped: a cycle that is under way \("holdfast run" \(pid 4711\) has held the lock for .*\)\. What it changes is finished, or taken back if a health check fails; "holdfast status" shows it\.\n/,
  );
  expect(await paused(image)).not.toBeNull();
  if ('lock' in taken) taken.lock.release();
});

test('pausing leaves the lock free', async () => {
  const image = new Image();
  await pause(image, { reason: 'new switch' });
  const taken = await image.lock('holdfast run');
  expect(taken).toHaveProperty('lock');
  if ('lock' in taken) taken.lock.release();
});

test.each([
  ['2 hours', '"2 hours" is not a length of time. Write it as in 30s, 5m, 2h or 3d;'],
  ['0s', '"0s" is not a length of time.'],
  ['-2h', '"-2h" is not a length of time.'],
])('a pause for %s is refused as wrong usage, and nobody is paused', async (length, why) => {
  const image = new Image();
  const refused = pause(image, { reason: 'new switch', for: length });
  await expect(refused).rejects.toMatchObject({ exitCode: 64 });
  await expect(refused).rejects.toThrow(why);
  expect(await paused(image)).toBeNull();
});

test('a pause without a reason is refused', async () => {
  const image = new Image();
  const refused = pause(image, { reason: ' \n' });
  await expect(refused).rejects.toMatchObject({ exitCode: 64 });
  await expect(refused).rejects.toThrow('A pause needs a reason');
});

test('resume says whose pause is over, and says it when there was none', async () => {
  const image = new Image();
  await pause(image, { reason: 'new switch' });
  image.answer();
  image.nowMs += 600_000;
  expect(await resume(image)).toBe(0);
  expect(image.answer()).toBe(
    'The pause of ada is over after 10 min: new switch\nThe next cycle goes on; "sudo systemctl reload holdfast" begins one now.\n',
  );
  expect(await resume(image)).toBe(0);
  expect(image.answer()).toBe('This host was not paused.\n');
});

test('for programs, a pause and its end are told as they are kept', async () => {
  const image = new Image();
  const is = { reason: 'new switch', by: 'ada', sinceMs: image.nowMs, untilMs: null };
  await pause(image, { reason: 'new switch', json: true });
  expect(JSON.parse(image.answer())).toEqual({ paused: is, replaced: null });
  await resume(image, true);
  expect(JSON.parse(image.answer())).toEqual({ resumed: is });
});
