import * as z from 'zod';
import { durationMs } from './duration.ts';

/**
 * The words of every schema. A schema's own error texts are the sentences that an operator reads, so each says what
 * was expected and how to write it; `check.ts` only adds where.
 */

/** A value as it stood in the file, in few words. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** `what`: "an IPv4 address". `how`: a sentence with an example. */
export function mistake(value: unknown, what: string, how: string): string {
  if (value === undefined) return `is missing. ${how}`;
  if (value === null) return `is empty. ${how}`;
  return `${show(value)} is not ${what}. ${how}`;
}
type Raw = { readonly input?: unknown };
export const wants = (what: string, how: string) => ({
  error: ({ input }: Raw) => mistake(input, what, how),
});

/** A map with exactly these keys. The known ones travel in the message, from which `check.ts` makes "did you mean". */
export const strict = <Shape extends z.ZodRawShape>(shape: Shape, how: string) =>
  z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys'
        ? JSON.stringify(Object.keys(shape))
        : mistake(input, 'a map of keys', how),
  });

/** A map keyed by identity. `null` as an entry is the caller's to allow. */
export const mapOf = <Key extends z.ZodString, Value extends z.ZodType>(
  key: Key,
  value: Value,
  how: string,
) => z.record(key, value, wants('a map of keys', how));

/** One value, or a list of such values: always read as a list. */
export const oneOrMore = <Item extends z.ZodType>(item: Item, what: string, how: string) =>
  z
    .union([item, z.array(item)], {
      error: (issue) => nested(issue) ?? mistake(issue.input, what, how),
    })
    .transform((value) => (Array.isArray(value) ? (value as z.output<Item>[]) : [value as z.output<Item>]));

/** The sentence of the branch that the value was meant for: the list's for a list, the item's for anything else. */
function nested(issue: {
  readonly code?: string;
  readonly input?: unknown;
  readonly errors?: unknown;
}): string | null {
  if (issue.code !== 'invalid_union') return null;
  const [one, many] = issue.errors as readonly (readonly {
    readonly message: string;
    readonly code: string;
  }[])[];
  const first = (Array.isArray(issue.input) ? many : one)?.find(({ code }) => code === 'custom');
  return first?.message ?? null;
}

/** A text that must pass `problem` (null: fine), unless it is a template and is judged after rendering. */
export const text = (what: string, how: string, problem: (value: string) => string | null = () => null) =>
  z.string(wants(what, how)).superRefine((value, context) => {
    const message = isTemplate(value) ? null : problem(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
export const isTemplate = (value: string): boolean => value.includes('<%');

/** For `text`: the pattern it must match, said as `wants` does. */
export const matching =
  (pattern: RegExp, what: string, how: string) =>
  (value: string): string | null =>
    pattern.test(value) ? null : mistake(value, what, how);

export const integer = (from: number, to: number, how: string) => {
  const params = {
    error: ({ input }: Raw) =>
      typeof input === 'string' && /^-?\d+$/.test(input)
        ? `${show(input)} is text because of its quotes. Write the number without quotes.`
        : mistake(input, `a whole number from ${from} to ${to}`, how),
  };
  return z.int(params).min(from, params).max(to, params);
};

export const truth = (how: string) =>
  z.boolean({
    error: ({ input }) =>
      typeof input === 'string' && /^(yes|no|on|off|true|false)$/i.test(input)
        ? `${show(input)} is text to YAML 1.2, not true or false. Write ${/^(yes|on|true)$/i.test(input) ? 'true' : 'false'}, without quotes.`
        : mistake(input, 'true or false', how),
  });

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) => {
  const list = values.map((value) => `"${value}"`).join(' or ');
  return z.enum(values, wants(list, `Write ${list}.`));
};

/** `60s`, read as milliseconds. */
export const duration = (example: string) => {
  const how = `Write a number and a unit (ms, s, m, h, d), as in ${example}.`;
  return z.string(wants('a duration', how)).transform((value, context) => {
    const ms = durationMs(value);
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: mistake(value, 'a duration', how) });
    return z.NEVER;
  });
};
