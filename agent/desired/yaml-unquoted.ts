import type { YAMLError } from 'yaml';
import { BAD_ALIAS } from './yaml-syntax.ts';

/** A key, and a value that begins with "*", up to a comment, the next entry or the end of the line. */
const STAR = /([\w-]+):[ \t]+(\*.*?)(?=\s+#|,\s|\s*\}|\s*$)/g;
/** A cron expression and nothing that could be a secret. */
const CRON = /^(?:[\d*/,-]+[ \t]+){4,5}[\da-z*/,-]+$/i;

/**
 * `schedule: * * * * *` is a row of aliases to YAML, whose complaint comes only at the second star. `null`: this is not
 * what the complaint is about.
 */
export function unquotedStar(
  text: string,
  { code, pos }: YAMLError,
): { readonly at: number; readonly sentence: string } | null {
  if (code !== 'UNEXPECTED_TOKEN' && code !== 'BAD_ALIAS') return null;
  const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
  const line = text.slice(lineStart).split(/\r?\n/, 1)[0] ?? '';
  for (const { index, 0: entry, 1: key, 2: value = '' } of line.matchAll(STAR)) {
    const end = lineStart + index + entry.length;
    const at = end - value.length;
    if (pos[0] < at || pos[0] >= end) continue;
    return {
      at,
      sentence:
        key === 'schedule' && CRON.test(value)
          ? `a value that begins with "*" is an alias to YAML. Put the schedule in quotes: schedule: "${value}".`
          : BAD_ALIAS,
    };
  }
  return null;
}
