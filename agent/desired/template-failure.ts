import { SecretProblem } from './secrets.ts';
import { UndefinedVariable } from './strict-context.ts';

/** Why a template cannot be rendered. `file`: under files/; `null` is the text that was handed in. */
export class TemplateFailure extends Error {
  override readonly name = 'TemplateFailure';
  readonly file: string | null;
  /** From 1, of the tag that fails. */
  readonly line: number;
  /** A word to look for at that line, to point at. */
  readonly key: string | null;
  constructor(
    at: { readonly file: string | null; readonly line: number },
    message: string,
    key: string | null,
  ) {
    super(message);
    this.file = at.file;
    this.line = at.line;
    this.key = key;
  }
}

/** Something that has no text of its own. */
export class Unprintable extends Error {
  override readonly name = 'Unprintable';
}

/** Eta's filter: only what prints the same for everybody is printed. */
export function printed(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (value === null || value === undefined)
    throw new Unprintable(
      `there is nothing to print here: the value is ${value}. Ask for it with <% if (…) { %> first.`,
    );
  const what = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : `a ${typeof value}`;
  const way = Array.isArray(value)
    ? 'Print its entries, or join them with .join(" ").'
    : 'Print one of its keys.';
  throw new Unprintable(
    typeof value === 'number' ? `${value} is no number to print.` : `${what} cannot be printed. ${way}`,
  );
}

/** `known`: what `it` holds, for those who forgot to write it. */
export function failureOf(
  error: unknown,
  at: { readonly file: string | null; readonly line: number },
  known: readonly string[],
): TemplateFailure {
  if (error instanceof TemplateFailure) return error;
  if (error instanceof UndefinedVariable) return new TemplateFailure(at, error.message, error.key);
  if (error instanceof Unprintable || error instanceof SecretProblem)
    return new TemplateFailure(at, error.message, null);
  if (error instanceof RangeError)
    return new TemplateFailure(at, 'the template never ends: does it include itself?', null);
  if (!(error instanceof Error))
    return new TemplateFailure(at, `the template throws ${String(error)}.`, null);
  const missing =
    error instanceof ReferenceError ? /^(\S+) is not defined$/.exec(error.message)?.[1] : undefined;
  if (missing === undefined)
    return new TemplateFailure(at, `the template fails: ${error.message.replace(/\.$/, '')}.`, null);
  const way = known.includes(missing)
    ? `Write it.${missing}.`
    : `What Holdfast gives begins with "it.": ${known.map((name) => `it.${name}`).join(', ')}.`;
  return new TemplateFailure(at, `${missing} is not defined. ${way}`, missing);
}
