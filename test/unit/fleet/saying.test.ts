import { beforeEach, expect, test } from 'vitest';
import { openSaying, type Saying } from '../../../agent/fleet/saying.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

const SHA = 'b'.repeat(40);
const CHANGING = { changing: SHA };
const WAITING = { waiting: { for: 'pi-3', why: 'waits for pi-3, which is paused' } };
const STAGED = { commit: SHA, atMs: 5_000 };
let runtime: FakeStateDirectory;
let nowMs: number;
const open = (): Saying => openSaying(runtime, { monotonicMs: () => nowMs });
beforeEach(() => {
  runtime = new FakeStateDirectory('/run/holdfast/agent');
  nowMs = 1_000_000;
});

test('what a command announces, the daemon beside it says to the others', async () => {
  expect(await open().said()).toEqual({ word: null, staged: null });
  await open().say(CHANGING);
  expect(await open().said()).toEqual({ word: CHANGING, staged: null });
  await open().say(null);
  expect(await open().said()).toEqual({ word: null, staged: null });
});

test('an announcement that nobody took back ends by itself after three minutes', async () => {
  await open().say(CHANGING);
  nowMs += 180_000;
  expect((await open().said()).word).toEqual(CHANGING);
  nowMs += 1;
  expect((await open().said()).word).toBeNull();
});

test('one that is said again counts anew', async () => {
  await open().say(CHANGING);
  nowMs += 170_000;
  await open().say(CHANGING);
  nowMs += 170_000;
  expect((await open().said()).word).toEqual(CHANGING);
});

test('waiting has no end of its own', async () => {
  await open().say(WAITING);
  nowMs += 86_400_000;
  expect((await open().said()).word).toEqual(WAITING);
});

test('the word and what this host is ready for are said beside each other', async () => {
  await open().say(WAITING);
  await open().stage(STAGED);
  expect(await open().said()).toEqual({ word: WAITING, staged: STAGED });
  await open().say(null);
  expect(await open().said()).toEqual({ word: null, staged: STAGED });
  await open().stage(null);
  expect(await open().said()).toEqual({ word: null, staged: null });
});

test('an announcement that has ended is not said again along with something else', async () => {
  await open().say(CHANGING);
  nowMs += 200_000;
  await open().stage(STAGED);
  expect(await open().said()).toEqual({ word: null, staged: STAGED });
});

test('a torn record says nothing, and the next word is said', async () => {
  await runtime.replace('said.json', '{"word":{"chan');
  expect(await open().said()).toEqual({ word: null, staged: null });
  await open().say(WAITING);
  expect((await open().said()).word).toEqual(WAITING);
});

test('saying nothing again writes nothing', async () => {
  await open().say(WAITING);
  await open().say(null);
  const before = runtime.text('said.json');
  nowMs += 60_000;
  await open().say(null);
  await open().stage(null);
  expect(runtime.text('said.json')).toBe(before);
});
