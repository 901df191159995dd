const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

type Asked = {
  readonly timeZone?: string | undefined;
  readonly timeZoneName?: string;
  readonly [option: string]: unknown;
};
type Part = { readonly type: string; readonly value: string };

/**
 * What node-cron asks of `Intl.DateTimeFormat`, from the Date's own getters: the build gives it this in its place. The
 * real one brings 6 MiB of ICU into the daemon for good, to format times in zones that are not this host's.
 *
 * What must hold: the same parts as the real one in "en-US" (test/unit/system-time-format.test.ts compares them over
 * changes to summer time), and another zone than the system's is an error, never a wrong time.
 */
export class SystemTimeFormat {
  private readonly asked: Asked;
  constructor(_locale: string, asked: Asked) {
    if (asked.timeZone !== undefined) throw new RangeError('Schedules follow the time zone of the host.');
    this.asked = asked;
  }

  formatToParts(date: Date): readonly Part[] {
    if (this.asked.timeZoneName !== undefined) return [part('timeZoneName', offsetOf(date))];
    return [
      part('weekday', WEEKDAYS[date.getDay()]!),
      part('month', twoDigits(date.getMonth() + 1)),
      part('day', twoDigits(date.getDate())),
      part('year', String(date.getFullYear())),
      part('hour', twoDigits(date.getHours())),
      part('minute', twoDigits(date.getMinutes())),
      part('second', twoDigits(date.getSeconds())),
    ];
  }
}

const part = (type: string, value: string): Part => ({ type, value });
const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** As `shortOffset` writes it: GMT, GMT+2, GMT-3:30. */
function offsetOf(date: Date): string {
  const ahead = -date.getTimezoneOffset();
  if (ahead === 0) return 'GMT';
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  return `GMT${ahead < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : `:${twoDigits(minutes)}`}`;
}
