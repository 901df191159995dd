import { comesEveryYear } from './schedule-days.ts';

/** crontab(5), with seconds in front where there are six fields. */
const FIELDS = [
  { name: 'seconds', from: 0, to: 59, names: '' },
  { name: 'minutes', from: 0, to: 59, names: '' },
  { name: 'hours', from: 0, to: 23, names: '' },
  { name: 'days of the month', from: 1, to: 31, names: '' },
  { name: 'months', from: 1, to: 12, names: 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec' },
  { name: 'days of the week', from: 0, to: 7, names: 'sun|mon|tue|wed|thu|fri|sat' },
] as const;

/** Why a cron expression is none; `null` when it is one. Told when the configuration is read, not at the first tick. */
export function scheduleProblem(expression: string): string | null {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6)
    return `a schedule has 5 fields, or 6 with seconds in front, and this has ${expression.trim() === '' ? 0 : parts.length}. Write it as in "*/30 * * * * *" for every 30 seconds.`;
  const fields = FIELDS.slice(FIELDS.length - parts.length);
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? '';
    if (!part.split(',').every((one) => isWell(one, field)))
      return `${JSON.stringify(part)} does not name ${field.name}. Write numbers from ${field.from} to ${field.to}, as in *, ${field.from}, 1-5 or */10.`;
  }
  const [days = '', months = '', weekdays = ''] = parts.slice(-3);
  return comesEveryYear(days, months, weekdays)
    ? null
    : `no day is sure to come within a year that is ${JSON.stringify(days)} of the month, in month ${JSON.stringify(months)}, on weekday ${JSON.stringify(weekdays)}. Write a schedule that comes often, as in "*/30 * * * * *" for every 30 seconds.`;
}

function isWell(part: string, { from, to, names }: (typeof FIELDS)[number]): boolean {
  const match = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/i.exec(part);
  if (!match) return false;
  const [, star, low, high, step] = match;
  // node-cron knows steps of a range only.
  if (step !== undefined && star === undefined && high === undefined) return false;
  if (step !== undefined && (Number(step) < 1 || Number(step) > to)) return false;
  if (star !== undefined) return true;
  const isOne = (value: string): boolean =>
    /^\d+$/.test(value)
      ? Number(value) >= from && Number(value) <= to
      : names !== '' && new RegExp(`^(?:${names})`, 'i').test(value);
  return [low, high].every((value) => value === undefined || isOne(value));
}
