type Field = { readonly from: number; readonly size: number; readonly names: readonly string[] };
const DAYS: Field = { from: 1, size: 31, names: [] };
const MONTHS: Field = {
  from: 1,
  size: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const WEEKDAYS: Field = { from: 0, size: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether the last three fields of a well-formed cron expression meet in every year, on whichever weekday it begins:
 * 30 February never comes, 29 February every four years. node-cron wants all three to be true of a day, where other
 * crons want one of the last two; it throws when a date never comes, and waits in silence when it comes rarely.
 */
export function comesEveryYear(days: string, months: string, weekdays: string): boolean {
  const [inDays, inMonths, inWeekdays] = [
    valuesOf(days, DAYS),
    valuesOf(months, MONTHS),
    valuesOf(weekdays, WEEKDAYS),
  ];
  const dates = [...daysOfYear()].filter(({ day, month }) => inDays.has(day) && inMonths.has(month));
  return [...WEEKDAYS.names.keys()].every((first) =>
    dates.some(({ sinceFirst }) => inWeekdays.has((first + sinceFirst) % 7)),
  );
}

function* daysOfYear() {
  let sinceFirst = 0;
  for (const [index, count] of DAYS_IN_MONTH.entries())
    for (let day = 1; day <= count; day += 1) yield { month: index + 1, day, sinceFirst: sinceFirst++ };
}

/** The numbers that a field names: 7 is Sunday too, and `fri-mon` goes on past the end of the week. */
function valuesOf(text: string, field: Field): ReadonlySet<number> {
  return new Set(text.split(',').flatMap((part) => [...valuesOfPart(part, field)]));
}

function* valuesOfPart(part: string, { from, size, names }: Field) {
  const [range = '', step = '1'] = part.split('/');
  const [low = '', high = low] = range === '*' ? [`${from}`, `${from + size - 1}`] : range.split('-');
  const numberOf = (name: string): number =>
    /^\d+$/.test(name) ? Number(name) : from + names.indexOf(name.slice(0, 3).toLowerCase());
  const first = numberOf(low);
  const last = numberOf(high);
  const end = last < first ? last + size : last;
  for (let value = first; value <= end; value += Number(step)) yield ((value - from) % size) + from;
}
