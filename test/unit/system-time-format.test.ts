import { afterEach, expect, test } from 'vitest';
import { SystemTimeFormat } from '../../agent/system-time-format.ts';

/** What node-cron 4.6 asks for. */
const PARTS = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  weekday: 'short',
  hour12: false,
} as const;
const OFFSET = { timeZoneName: 'shortOffset' } as const;

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** node-cron reads hour 24 as 0, and GMT+0 as GMT. */
const parts = (format: { formatToParts(date: Date): readonly { type: string; value: string }[] }, at: Date) =>
  Object.fromEntries(
    format
      .formatToParts(at)
      .filter(({ type }) => type !== 'literal')
      .map(({ type, value }) => [
        type,
        value === '24' && type === 'hour' ? '00' : value.replace('GMT+0', 'GMT'),
      ]),
  );

test.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe'])(
  'a schedule in %s runs at the times that Intl gives, also when summer time begins and ends',
  (name) => {
    process.env['TZ'] = name;
    const [real, offset] = [
      new Intl.DateTimeFormat('en-US', PARTS),
      new Intl.DateTimeFormat('en-US', OFFSET),
    ];
    // A year in steps that meet every half hour of the day.
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 150 * 60_000) {
      const date = new Date(at + 7_000);
      expect(parts(new SystemTimeFormat('en-US', PARTS), date)).toEqual(parts(real, date));
      expect(parts(new SystemTimeFormat('en-US', OFFSET), date)['timeZoneName']).toEqual(
        parts(offset, date)['timeZoneName'],
      );
    }
  },
);

test('another time zone than the host’s is an error, never a wrong time', () => {
  expect(() => new SystemTimeFormat('en-US', { ...PARTS, timeZone: 'Asia/Tokyo' })).toThrow(
    'time zone of the host',
  );
});
