/**
 * Where in a YAML file something stands, as few characters as that can be said in:
 *
 *     spec.containers[name=kube-apiserver].livenessProbe.httpGet.host     keys, and a list's item by one of its keys
 *     metadata.annotations["example.com/a.b"]                              a key with dots, slashes or spaces
 *     spec.containers[name=kube-apiserver].command[--bind-address]         an argument of a list of them
 *
 * From the top of the document. An item has no number: others own the list, and numbers move.
 */
export type Step = { readonly key: string } | { readonly by: string; readonly is: string };

/** `flag`: the argument `--flag=…` of the list at `path`. */
export type Address = { readonly path: readonly Step[]; readonly flag: string | null };

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const TOKEN = new RegExp(
  [
    `(?<dot>\\.?)(?<key>[^.[\\]"\\s]+)`,
    `\\[(?<quoted>${QUOTED})\\]`,
    `\\[(?<by>[\\w.-]+)=(?<is>${QUOTED}|[^"[\\]]+)\\]`,
    `\\[(?<flag>--[^\\s=[\\]]+)\\]`,
  ].join('|'),
  'y',
);

const EXAMPLE = 'spec.containers[name=kube-apiserver].image';

/** `problem` is a sentence. */
export function parseAddress(text: string): Address | { readonly problem: string } {
  const path: Step[] = [];
  let flag: string | null = null;
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined || flag !== null) return { problem: problemAt(text, at) };
    // A dot is between two parts, and a key that stands bare is first or follows one.
    if (groups['key'] !== undefined && (groups['dot'] === '.') !== at > 0)
      return { problem: problemAt(text, at) };
    if (groups['flag'] !== undefined) flag = groups['flag'];
    else {
      const step = stepOf(groups);
      if (step === null) return { problem: problemAt(text, at) };
      path.push(step);
    }
    at = TOKEN.lastIndex;
  }
  const [first] = path;
  if (first === undefined || !('key' in first))
    return { problem: `${JSON.stringify(text)} does not begin with a key. Write it as in ${EXAMPLE}.` };
  return { path, flag };
}

function stepOf(groups: Readonly<Record<string, string | undefined>>): Step | null {
  const { key, quoted, by, is } = groups;
  if (key !== undefined) return { key };
  const text = unquoted(quoted ?? is!);
  if (text === null) return null;
  return quoted === undefined ? { by: by!, is: text } : { key: text };
}

/** `null`: an escape that nobody knows. What has no quotes is as it is. */
function unquoted(text: string): string | null {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

function problemAt(text: string, at: number): string {
  const rest = text.slice(at);
  const shown = JSON.stringify(text);
  if (/^\[\d+\]/.test(rest))
    return `${shown} counts the items of a list, and others may move them. Name the item by one of its keys, as in ${EXAMPLE}.`;
  if (/^\[['/\w.-]+\]/.test(rest))
    return `${shown} is no path: in brackets stands key=value, "a key" in double quotes, or a --flag.`;
  return `${shown} is no path from its ${at === 0 ? 'beginning' : `character ${at + 1}`} on. Write keys with dots between them, as in ${EXAMPLE}; a key with dots or slashes in ["…"].`;
}

/** The one spelling of an address. */
export const formatAddress = ({ path, flag }: Address): string =>
  `${formatPath(path)}${flag === null ? '' : `[${flag}]`}`;

export const formatPath = (path: readonly Step[]): string =>
  path
    .map((step, at) => {
      if ('by' in step)
        return `[${step.by}=${/^[^"[\]]+$/.test(step.is) ? step.is : JSON.stringify(step.is)}]`;
      if (!/^[^.[\]"\s]+$/.test(step.key)) return `[${JSON.stringify(step.key)}]`;
      return at === 0 ? step.key : `.${step.key}`;
    })
    .join('');

/** Of an address that was parsed before. */
export function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}
