import type * as z from 'zod';
import { MOST_SAID, type Diagnostic } from './diagnostics.ts';
import { closest, didYouMean } from './did-you-mean.ts';
import { formatKeyPath, type KeyPath } from './key-path.ts';
import type { Pointing, YamlSource } from './yaml-source.ts';

/** What a schema says against a value: several at once, each already a sentence. */
export type Complaint = { readonly path: KeyPath; readonly message: string; readonly on: 'key' | 'value' };

/** Turns zod's issues into sentences; the sentences themselves are the schema's (see `schema.ts`). */
export function complaints(issues: readonly z.core.$ZodIssue[]): readonly Complaint[] {
  const all = issues.flatMap(complaintsOf);
  // What an unknown key was meant to be is then missing, and its map then lacks something: said once is enough.
  const explained = new Set(all.flatMap(({ explains }) => (explains ?? []).map(formatKeyPath)));
  const left = all.filter(({ path, isMissing }) => !isMissing || !explained.has(formatKeyPath(path)));
  // One sentence a place: a value of the wrong type also fails every check that follows.
  return [
    ...new Map(left.toReversed().map((found) => [formatKeyPath(found.path), found])).values(),
  ].toReversed();
}

type Found = Complaint & { readonly isMissing: boolean; readonly explains?: readonly KeyPath[] };

function complaintsOf(issue: z.core.$ZodIssue): readonly Found[] {
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.message);
    return issue.keys.map((key) => {
      const meant = closest(key, known);
      const explains = meant === null ? [path] : [path, [...path, meant]];
      return { path: [...path, key], message: unknownKey(key, known), on: 'key', isMissing: false, explains };
    });
  }
  if (issue.code === 'invalid_key') {
    const message = path.at(-1) === '<<' ? MERGE_KEY : (issue.issues[0]?.message ?? issue.message);
    return [{ path, message, on: 'key', isMissing: false }];
  }
  const isMissing = issue.code === 'custom' || issue.message.startsWith('is missing');
  return [{ path, message: issue.message, on: 'value', isMissing }];
}

const MERGE_KEY = 'YAML merge keys are not read. Put what hosts share into defaults.yaml or roles/*.yaml.';

/** `strict()` in `schema.ts` hands the known keys over in the message: zod's issue has no other place for them. */
const knownKeys = (message: string): readonly string[] => JSON.parse(message) as readonly string[];

function unknownKey(key: string, known: readonly string[]): string {
  if (key === '<<') return MERGE_KEY;
  return `unknown key.${didYouMean(key, known) || ` Known here: ${known.join(', ')}.`}`;
}

/** `value` is null exactly when there are diagnostics. */
export function check<T>(
  schema: z.ZodType<T>,
  source: YamlSource,
):
  | { readonly value: T; readonly diagnostics: readonly [] }
  | { readonly value: null; readonly diagnostics: readonly Diagnostic[] } {
  const result = schema.safeParse(source.value);
  if (result.success) return { value: result.data, diagnostics: [] };
  const point = ({ path, message, on }: Complaint): Diagnostic =>
    source.diagnose(path, message, { on } satisfies Pointing);
  return { value: null, diagnostics: complaints(result.error.issues).slice(0, MOST_SAID).map(point) };
}
