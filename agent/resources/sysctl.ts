import * as z from 'zod';
import type { FileReader, Host, Reader } from '../host/host.ts';
import { kind, same, type Description } from './kind.ts';
import { mode, octal } from './state.ts';

/**
 * A kernel parameter lives in two places: the value that the kernel uses now, and a drop-in that gives it again at
 * the next boot. trixie reads no /etc/sysctl.conf; the lexically last drop-in wins (sysctl.d(5)).
 */
const SysctlState = z.strictObject({
  dropIn: z.strictObject({ text: z.string(), mode, owner: z.string(), group: z.string() }).nullable(),
  /** `null`: nothing runs here, or the kernel has no such parameter. */
  live: z.string().nullable(),
  running: z.boolean(),
});
type SysctlState = z.infer<typeof SysctlState>;

const FOLDER = '/etc/sysctl.d';
/** All that is read at boot: one order of names over all of them, and the first folder's file of a name counts. */
const FOLDERS = [FOLDER, '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d'];
/** Sorts behind what packages and people usually write, so that it wins at boot. */
export const SYSCTL_PREFIX = '99-holdfast-';
const LARGEST_DROP_IN = 64 * 1024;

export const sysctl = kind({
  kind: 'sysctl',
  needs: 'files',
  leaving: 'restore',
  spec: z.string(),
  state: SysctlState,
  scope: () => null,
  observe: async (asked, host) =>
    new Map(
      await Promise.all([...asked.keys()].map(async (key) => [key, await observeKey(key, host)] as const)),
    ),
  target: (value, observed, { name }) => {
    if (observed.running && observed.live === null)
      return { waiting: 'the kernel has no such parameter yet (is the module that brings it loaded?)' };
    const dropIn = { text: dropInText(name, value), mode: 0o644, owner: 'root', group: 'root' };
    return { to: { dropIn, live: observed.running ? squeeze(value) : null, running: observed.running } };
  },
  // Planned at rest (or first seen there), it says nothing about the kernel that runs later.
  settled: (planned, observed) =>
    same(planned.dropIn, observed.dropIn) && (planned.live === null || planned.live === observed.live),
  phase: () => 'kernel',
  enforce,
  describe,
  notices: (key, value, _observed, files) => shadowing(key, value, files),
});

async function observeKey(key: string, host: Reader): Promise<SysctlState> {
  const live = (await host.live?.kernel(kernelPath(key))) ?? null;
  const found = await host.files.read(dropInPath(key));
  if (found !== null && found.content.size > LARGEST_DROP_IN)
    throw new Error(`${dropInPath(key)} is larger than 64 KiB: not a file that Holdfast wrote. Remove it.`);
  return {
    dropIn: found && {
      text: host.files.text(found.content),
      mode: found.mode,
      owner: found.owner,
      group: found.group,
    },
    live: live === null ? null : squeeze(live),
    running: host.live !== null,
  };
}

async function enforce(key: string, to: SysctlState, host: Host): Promise<void> {
  if (to.dropIn === null) await host.files.remove(dropInPath(key), null);
  else {
    const { text, ...rest } = to.dropIn;
    const content = host.files.remember(new TextEncoder().encode(text));
    await host.files.write(dropInPath(key), { ...rest, content });
  }
  if (host.live === null || to.live === null) return;
  // Writing a value that is there already is not always without effect (net.ipv4.conf.all.*).
  const now = await host.live.kernel(kernelPath(key));
  if (now === null || squeeze(now) !== to.live) await host.live.setKernel(kernelPath(key), to.live);
}

function describe(from: SysctlState, to: SysctlState): Description {
  const summary: string[] = [];
  if (to.live !== null && from.live !== to.live) summary.push(`${from.live ?? 'unset'} → ${to.live}`);
  if (from.dropIn?.text !== to.dropIn?.text)
    summary.push(to.dropIn === null ? 'no longer set at boot' : 'set at boot');
  else if (from.dropIn !== null && to.dropIn !== null) {
    if (from.dropIn.mode !== to.dropIn.mode)
      summary.push(`drop-in mode ${octal(from.dropIn.mode)} → ${octal(to.dropIn.mode)}`);
    if (from.dropIn.owner !== to.dropIn.owner || from.dropIn.group !== to.dropIn.group)
      summary.push(
        `drop-in owner ${from.dropIn.owner}:${from.dropIn.group} → ${to.dropIn.owner}:${to.dropIn.group}`,
      );
  }
  return { summary, detail: [] };
}

/** Files that are read after our drop-in and give the key another value: they would win at the next boot. */
async function shadowing(key: string, value: string, files: FileReader): Promise<readonly string[]> {
  const ours = `${SYSCTL_PREFIX}${fileWord(key)}.conf`;
  const said: string[] = [];
  for (const [name, path] of await readAfter(ours, files)) {
    if (name.startsWith(SYSCTL_PREFIX)) continue;
    const found = await files.read(path).catch(() => null);
    const set = found === null ? undefined : lastValue(files.text(found.content), key);
    if (set !== undefined && set !== squeeze(value))
      said.push(
        `${path} sets ${key} to ${set} and is read after ours: it wins at the next boot until Holdfast corrects it. Remove that line.`,
      );
  }
  return said;
}

/** Names that sort behind `ours`, and where the file that counts for each is. */
async function readAfter(ours: string, files: FileReader): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const folder of FOLDERS)
    for (const name of (await files.list(folder)) ?? [])
      if (name.endsWith('.conf') && name > ours && !paths.has(name)) paths.set(name, `${folder}/${name}`);
  return paths;
}

function lastValue(text: string, key: string): string | undefined {
  const wanted = kernelPath(key);
  return text
    .split('\n')
    .map((line) => /^\s*-?\s*([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line))
    .filter((match) => match !== null && kernelPath(match[1]!) === wanted)
    .map((match) => squeeze(match![2]!))
    .at(-1);
}

const dropInText = (key: string, value: string): string =>
  `# Written by Holdfast; edits are put back. To edit here, stop it first: systemctl stop holdfast\n${key} = ${squeeze(value)}\n`;
export const dropInPath = (key: string): string => `${FOLDER}/${SYSCTL_PREFIX}${fileWord(key)}.conf`;
const fileWord = (key: string): string => kernelPath(key).replaceAll('.', '~').replaceAll('/', '.');
/** The kernel separates several values of one parameter with tabs; people write spaces. */
const squeeze = (value: string): string => value.trim().split(/\s+/).join(' ');

/**
 * `net.ipv4.ip_forward` or `net/ipv4/conf/eth0.100/forwarding` → its path below /proc/sys. The first separator
 * decides which one separates; the other one then stands for itself, swapped (sysctl.d(5)).
 */
export function kernelPath(key: string): string {
  const first = /[./]/.exec(key)?.[0];
  if (first !== '.') return key;
  return key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}
