import * as z from 'zod';
import { blobRef } from './state.ts';
import { addressOf, formatAddress, parseAddress } from './yaml-path.ts';

const address = z.string().superRefine((text, context) => {
  const parsed = parseAddress(text);
  if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
  else if (formatAddress(parsed) !== text)
    context.addIssue({ code: 'custom', message: `is written ${formatAddress(parsed)}.` });
});

/** What shall stand at each address; `null`: nothing. Of a flag its value. */
export const YamlSpec = z.strictObject({
  edits: z.record(address, z.union([z.string(), z.int(), z.boolean(), z.null()])),
});
export type YamlSpec = z.infer<typeof YamlSpec>;

/**
 * `is`: the value as JSON. `layout` names bytes that say how it is written, so that going back restores them exactly;
 * `null`: nobody has seen it there yet. It is no part of what the value is.
 */
const Present = z.strictObject({ is: z.string(), layout: blobRef.nullable() });
/** `null`: nothing stands there. `{ missing }`: what should hold it is not in the file. */
const Entry = z.union([z.null(), Present, z.strictObject({ missing: z.string() })]);
export type Entry = z.infer<typeof Entry>;

/** The edited values and no more, by their address. `null`: there is no file. */
export const YamlState = z.record(z.string(), Entry).nullable();
export type YamlState = z.infer<typeof YamlState>;

export const isThere = (entry: Entry | undefined): entry is z.infer<typeof Present> =>
  entry !== null && entry !== undefined && 'is' in entry;
export const isMissing = (entry: Entry | undefined): entry is { missing: string } =>
  entry !== null && entry !== undefined && 'missing' in entry;
export const valueOf = (entry: Entry | undefined): string | null => (isThere(entry) ? entry.is : null);

/** What the spec wants at an address, as a state says it. */
export function wanted(at: string, value: YamlSpec['edits'][string]): Entry {
  if (value === null) return null;
  return { is: JSON.stringify(addressOf(at).flag === null ? value : String(value)), layout: null };
}

/** The file is others': where they took it away, or what held an entry, there is nothing left to bring about. */
export function settled(planned: YamlState, observed: YamlState): boolean {
  if (planned === null || observed === null) return true;
  return Object.entries(planned).every(
    ([at, entry]) => isMissing(entry) || isMissing(observed[at]) || valueOf(entry) === valueOf(observed[at]),
  );
}

/** What a later spec names as well was there at first, too; what it no longer names has gone back by then. */
export function widen(first: YamlState, observed: YamlState, scope: readonly string[]): YamlState {
  const [before, now] = [first ?? {}, observed ?? {}];
  return Object.fromEntries(scope.map((at) => [at, (at in before ? before[at] : now[at]) ?? null]));
}
