import { isDeepStrictEqual } from 'node:util';
import { parseAgentFile } from './config.ts';
import type { AgentFile } from './config-schema.ts';
import { formatDiagnostics } from './desired/diagnostics.ts';
import { parseYaml } from './desired/yaml-source.ts';
import { addressOf } from './host/git-remote.ts';
import { edited } from './resources/yaml-edit.ts';

/** What agent.yaml says, by the places where it says it, as in `repository.url`. */
export type Values = ReadonlyMap<string, unknown>;

export function valuesIn(value: unknown, above = ''): Values {
  if (typeof value !== 'object' || value === null) return new Map([[above, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, below]) =>
      below === undefined ? [] : [...valuesIn(below, above === '' ? key : `${above}.${key}`)],
    ),
  );
}

/** For people: without a password or a token, and a time as it is written. */
export const shownValues = ({ repository, splay, ...rest }: AgentFile): object => ({
  repository: { ...repository, url: addressOf(repository.url).shown },
  splay: `${splay}ms`,
  ...rest,
});

/**
 * The text of agent.yaml with the values of `other` in it, and every other byte as it was: comments, quotes, keys. What
 * it says already, by a default or without quotes, is left alone. Throws a sentence.
 */
export function withValues(file: string, text: string, otherFile: string, other: string): string {
  const [now, written] = [valuesIn(agentFileOf(text, file)), valuesIn(valueOf(text, file))];
  const { source, diagnostics } = parseYaml(otherFile, other);
  if (diagnostics.length > 0) throw new Error(formatDiagnostics(diagnostics, { colour: false }));
  const wanted = [...valuesIn(source?.value ?? {})].filter(
    ([at, value]) => !isSaid(at, value, now.get(at)) && !isDeepStrictEqual(value, written.get(at)),
  );
  const result = wanted.reduce((before, [at, value]) => withValue(file, before, at, value), text);
  agentFileOf(result, file);
  return result;
}

/** An address that was given without its user name and password is the one that has them. */
function isSaid(at: string, wanted: unknown, now: unknown): boolean {
  if (isDeepStrictEqual(wanted, now)) return true;
  if (at !== 'repository.url') return false;
  const { url, authorization } = addressOf(String(wanted));
  return authorization === null && addressOf(String(now)).url === url;
}

/** A map that is not there yet comes to the end, with its first value in it. */
function withValue(file: string, text: string, at: string, value: unknown): string {
  const json = JSON.stringify(value);
  const after = edited(file, text, new Map([[at, { is: json, layout: null }]]));
  if (after !== text) return after;
  const [key, ...below] = at.split('.');
  const end = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const added = `${end}${key}:\n  ${below.join('.')}: ${json}\n`;
  if (isDeepStrictEqual(valuesIn(valueOf(added, file)).get(at), value)) return added;
  throw new Error(`${file} cannot be edited without touching what stands in it. Write ${at} there by hand.`);
}

const valueOf = (text: string, file: string): unknown => parseYaml(file, text).source?.value ?? {};

function agentFileOf(text: string, file: string): AgentFile {
  const { value, diagnostics } = parseAgentFile(text, file);
  if (value === null) throw new Error(formatDiagnostics(diagnostics, { colour: false }));
  return value;
}
