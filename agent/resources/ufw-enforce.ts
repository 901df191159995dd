import type { FileOnDisk, Host, Live } from '../host/host.ts';
import { bringBack, makeDurable, readSettings, readText, RULES_PATH, type UfwSettings } from './ufw-files.ts';
import { arrange, type Placed } from './ufw-placing.ts';
import { parseRulesFile, printRulesFile, rulesIn, type RulesFile } from './ufw-rules-file.ts';
import type { RulesState } from './ufw-rules-state.ts';
import type { Family } from './ufw-tuple.ts';

/** How often a change by somebody else's `ufw` in the same moment is waited for. */
const TRIES = 5;

/**
 * Brings ufw's rule files, and the kernel where ufw runs, to `to`.
 *
 * Not one `ufw` call a rule: each takes a second on a Pi and rewrites its file in place, so that a power cut leaves
 * an empty user.rules, after which the next boot closes SSH; it cannot move a rule without deleting it first; and
 * `insert` counts profiles with several ports wrongly. The files are ufw's own format, to the byte; they are
 * replaced atomically, and the kernel takes all of a family's rules in one step, so there is no moment without SSH.
 */
export async function enforceRules(to: RulesState, host: Host): Promise<void> {
  const settings = await readSettings(host);
  if (settings === null) {
    if (to === null) return;
    throw new Error('The rules of ufw cannot be put back: ufw is not installed. Install it again.');
  }
  const { live } = host;
  if (live === null) throw new Error('The rules of ufw need a running system.');
  const families = settings.ipv6 && to?.v6 !== null ? (['v4', 'v6'] as const) : (['v4'] as const);
  for (const family of families) await write(family, to?.[family] ?? [], host, live, settings);
  for (const family of families) if (await runs(family, live)) await load(family, live);
}

async function write(
  family: Family,
  to: readonly Placed[],
  host: Host,
  live: Live,
  settings: UfwSettings,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const stamp = await host.files.stamp(RULES_PATH[family]);
    if (to.length === 0 && (await isEmpty(family, host))) return;
    const { file, rules } = await read(family, host, live, settings);
    const text = printRulesFile({ ...rules, blocks: arrange(rules.blocks, to, family) });
    if (text === host.files.text(file.content)) return;
    const content = host.files.remember(new TextEncoder().encode(text));
    const isAsRead = stamp === (await host.files.stamp(RULES_PATH[family]));
    if (isAsRead) return host.files.write(RULES_PATH[family], { ...file, content });
  }
  throw new Error(
    `${RULES_PATH[family]} changes all the time: somebody else is running ufw. The next cycle tries again.`,
  );
}

async function isEmpty(family: Family, host: Host): Promise<boolean> {
  return rulesIn(await readText(host, RULES_PATH[family]), family).length === 0;
}

async function read(
  family: Family,
  host: Host,
  live: Live,
  { logging }: UfwSettings,
): Promise<{ readonly file: FileOnDisk; readonly rules: RulesFile }> {
  for (const inFull of [false, true]) {
    // A file fresh from the package has another form. Setting the log level that is set makes ufw write it in full.
    if (inFull) {
      await live.run(['ufw', 'logging', logging ? 'on' : 'off']);
      await makeDurable(live);
    }
    const file = await host.files.read(RULES_PATH[family]);
    const rules = file === null ? null : parseRulesFile(host.files.text(file.content), family);
    if (file !== null && rules !== null) return { file, rules };
  }
  throw new Error(
    `${RULES_PATH[family]} is not a file as ufw writes it. Look at what it says, then put the package's own in its place with "${bringBack(RULES_PATH[family])}".`,
  );
}

/** ufw's chains are loaded: it is enabled, or was left so. A table that lost them is for the kind `ufw` to load. */
async function runs(family: Family, live: Live): Promise<boolean> {
  const [program, chain] =
    family === 'v4'
      ? (['iptables-save', 'ufw-user-input'] as const)
      : (['ip6tables-save', 'ufw6-user-input'] as const);
  const saved = await live.query([program, '-t', 'filter']);
  return saved.exitCode === 0 && saved.stdout.includes(`\n:${chain} `);
}

/** One transaction that empties and fills ufw's user chains: what `ufw` does when a rule is inserted (_reload_user_rules). */
const load = (family: Family, live: Live): Promise<string> =>
  live.run([
    family === 'v4' ? 'iptables-restore' : 'ip6tables-restore',
    '--noflush',
    '--wait',
    '10',
    RULES_PATH[family],
  ]);
