import { harmless } from '../report/harmless.ts';

// How a value that came from the network is taken over: by one of these, or not at all.

/** Together they keep an answer well below what `status-listener.ts` sends and `status-asker.ts` takes. */
export const MOST_WORDS = 512;
export const MOST_ENTRIES = 16;
/** About 100 bytes each. */
export const MOST_HOSTS = 256;

/** Thrown through a whole reading, and caught by whoever reads. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
export function unreadable(): never {
  throw new Unreadable();
}

export type Read<T> = (value: unknown) => T;
/** A field by its name; `undefined`: it was not sent. */
export type Fields = (name: string) => unknown;

/** Own fields only: `constructor` and its like are not what somebody sent. */
export function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable();
  return (name) => (Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
}
export const maybe =
  <T>(read: Read<T>): Read<T | null> =>
  (value) =>
    value === undefined || value === null ? null : read(value);
export const flag: Read<boolean> = (value) => (typeof value === 'boolean' ? value : unreadable());
/** Counts, priorities, milliseconds. */
export const amount: Read<number> = (value) =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : unreadable();
export const matching =
  (form: RegExp): Read<string> =>
  (value) =>
    typeof value === 'string' && form.test(value) ? value : unreadable();
/** It is shown on terminals and stands in sentences: one line, nothing in it acts. */
export const words: Read<string> = (value) =>
  typeof value === 'string' && value.length <= MOST_WORDS ? oneLine(value) : unreadable();
export const oneOf =
  <T extends string>(names: Readonly<Record<T, true>>): Read<T> =>
  (value) =>
    typeof value === 'string' && Object.hasOwn(names, value) ? (value as T) : unreadable();
export const listOf =
  <T>(read: Read<T>, most: number = MOST_ENTRIES): Read<readonly T[]> =>
  (value) =>
    Array.isArray(value) && value.length <= most ? value.map(read) : unreadable();

export const oneLine = (text: string): string => harmless(text.replaceAll(/\s+/g, ' '));
