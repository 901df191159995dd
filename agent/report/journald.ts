import type { Level, LogEvent } from './event.ts';
import { capped, harmless } from './harmless.ts';

/** syslog(3). */
export const PRIORITY: { readonly [level in Level]: number } = { error: 3, warn: 4, info: 6, debug: 7 };

/** Entries of a megabyte fail with EMSGSIZE, and an entry that is lost says less than one that was cut. */
const LONGEST_VALUE = 8 * 1024;
const LARGEST_ENTRY = 64 * 1024;

/** One datagram in the journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). Pure. */
export function encodeEntry(level: Level, event: LogEvent): Uint8Array {
  const { sentence, ...fields } = event;
  const parts = [
    encodeField('MESSAGE', sentence),
    encodeField('PRIORITY', String(PRIORITY[level])),
    encodeField('SYSLOG_IDENTIFIER', 'holdfast'),
  ];
  let size = parts.reduce((sum, part) => sum + part.length, 0);
  for (const [field, value] of Object.entries(fields)) {
    const name = fieldName(field);
    if (value === undefined || value === null || name === null) continue;
    const part = encodeField(name, typeof value === 'string' ? value : JSON.stringify(value));
    size += part.length;
    if (size > LARGEST_ENTRY) break;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** `durationMs` → `HOLDFAST_DURATION_MS`. `null`: journald would drop it (letters, digits, `_`, at most 64). */
export function fieldName(field: string): string | null {
  const name = `HOLDFAST_${field.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`;
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : null;
}

/** `NAME=value`, or for a value with newlines: name, newline, length as 64 bit little endian, value. */
function encodeField(name: string, value: string): Uint8Array {
  const text = capped(harmless(value), LONGEST_VALUE);
  if (!text.includes('\n')) return Buffer.from(`${name}=${text}\n`);
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}
