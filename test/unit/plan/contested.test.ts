import { describe, expect, test } from 'vitest';
import {
  contested,
  readCorrections,
  withCorrections,
  writeCorrections,
  type Correction,
} from '../../../agent/plan/contested.ts';
import type { Change, Why } from '../../../agent/plan/change.ts';
import type { Id } from '../../../agent/resources/kind.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2025, 10, 23, 12);

const change = (id: Id, to = 'wanted', why: Why = 'drift'): Change => ({
  id,
  scope: null,
  secret: false,
  notify: [],
  requires: [],
  from: 'edited',
  to,
  why,
});
const MOTD = change('file[/etc/motd]');
/** Put right at these minutes after noon. */
const corrected = (minutes: readonly number[], one: Change = MOTD): readonly Correction[] =>
  minutes.reduce<readonly Correction[]>(
    (past, minute) => withCorrections(past, [one], NOON + minute * MINUTE_MS),
    [],
  );
const heldAt = (past: readonly Correction[], minute: number, one: Change = MOTD): string | undefined =>
  contested(past, [one], NOON + minute * MINUTE_MS).get(one.id);

describe('drift that keeps coming back', () => {
  test('is put right three times within an hour, and then held back with the time of the next try', () => {
    expect(heldAt(corrected([0, 20]), 40)).toBeUndefined();
    expect(heldAt(corrected([0, 20, 40]), 41)).toBe(
      'it was put right 3 times within an hour (last 12:40 UTC), and something changes it back each time: find out what (another program that writes it, a timer, a script), then "holdfast retry"; it is tried again at 13:00 UTC',
    );
  });

  test('says the same in every cycle until it is tried again', () => {
    const past = corrected([0, 20, 40]);
    expect(heldAt(past, 59)).toBe(heldAt(past, 41));
    expect(heldAt(past, 60)).toBeUndefined();
  });

  test('is tried once when the first of the three is an hour old, and held back again until the second is', () => {
    const past = withCorrections(corrected([0, 20, 40]), [MOTD], NOON + 60 * MINUTE_MS);
    expect(past).toHaveLength(3);
    expect(heldAt(past, 61)).toMatch(/tried again at 13:20 UTC$/);
  });

  test('waits for the last three of more', () => {
    expect(heldAt(corrected([0, 10, 20, 40]), 41)).toMatch(/tried again at 13:10 UTC$/);
  });

  test('counts each state by itself: what a new commit wants is another matter', () => {
    expect(
      heldAt(corrected([0, 20, 40]), 41, change('file[/etc/motd]', 'of the next commit')),
    ).toBeUndefined();
    expect(heldAt(corrected([0, 20, 40]), 41, change('file[/etc/issue]'))).toBeUndefined();
  });

  test('is about drift alone', () => {
    const asked = change('file[/etc/motd]', 'wanted', 'commit');
    expect(corrected([0, 20, 40], asked)).toEqual([]);
    expect(heldAt(corrected([0, 20, 40]), 41, asked)).toBeUndefined();
  });

  test('keeps no state, only a digest of it', () => {
    const secret = change('file[/etc/key]', 'the bytes of a key');
    expect(JSON.stringify(corrected([0], secret))).not.toContain('bytes');
  });

  test('names who may be behind it', () => {
    const why = (id: Id): string => heldAt(corrected([0, 1, 2], change(id)), 3, change(id)) ?? '';
    expect(why('unit[haproxy.service]')).toContain(
      '"journalctl -u haproxy.service" says who stops or starts it',
    );
    expect(why('sysctl[net.ipv4.ip_forward]')).toContain('another daemon that sets it');
    expect(why('ufw-rules[host]')).toContain('runs ufw');
  });
});

describe('a clock that is set back', () => {
  test('by less than an hour loses nothing, and holds nothing longer than the hour that it went back', () => {
    const past = corrected([60, 61, 62]);
    expect(heldAt(past, 10)).toMatch(/tried again at 14:00 UTC$/);
    expect(withCorrections(past, [], NOON + 10 * MINUTE_MS)).toEqual(past);
  });

  test('by more than an hour begins anew', () => {
    const past = corrected([120, 121, 122]);
    expect(heldAt(past, 0)).toBeUndefined();
    expect(withCorrections(past, [], NOON)).toEqual([]);
  });
});

describe('what is remembered', () => {
  test('is read back, and is no file at all when there is nothing', async () => {
    const runtime = new FakeStateDirectory('/run/holdfast/agent');
    const past = corrected([0, 20]);
    await writeCorrections(runtime, past);
    expect(await readCorrections(runtime)).toEqual(past);
    await writeCorrections(runtime, []);
    expect([[...runtime.files.keys()], await readCorrections(runtime)]).toEqual([[], []]);
  });

  test.each(['', '{', 'null', '{"corrections":7}', '{"corrections":[null,{"id":"file[/etc/a]"}]}'])(
    'is nothing where the file is damaged: %s',
    async (text) => {
      const runtime = new FakeStateDirectory();
      await runtime.replace('drift.json', text);
      expect(await readCorrections(runtime)).toEqual([]);
    },
  );
});
