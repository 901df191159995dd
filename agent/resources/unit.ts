import * as z from 'zod';
import type { Host, Reader } from '../host/host.ts';
import { kind, type Phase, type Target } from './kind.ts';
import { isLooping, isRunning, showUnits } from './show-units.ts';

/**
 * What we own of a unit: whether it starts at boot, and whether it runs now; `null` for the part that nobody asked
 * about. A whole state of `null` means systemd knows no such unit.
 */
const Owned = z.strictObject({
  enabled: z.boolean().nullable(),
  running: z.boolean().nullable(),
  /** Why it is not ours to touch: masked, or (for `enabled`) a unit that cannot be enabled. */
  hold: z.enum(['masked', 'static']).nullable(),
  /** It ends each time systemd starts it; only ever seen, never planned. */
  looping: z.literal(true).exactOptional(),
  /** It runs on although its file is gone (taken away while it was being started at boot); only ever seen as well. */
  fileless: z.literal(true).exactOptional(),
});
const UnitState = Owned.nullable();
type UnitState = z.infer<typeof UnitState>;

const Part = z.enum(['enabled', 'running']);
type Scope = readonly z.infer<typeof Part>[];
const Spec = z.strictObject({ enabled: z.boolean().optional(), running: z.boolean().optional() });
type Spec = z.infer<typeof Spec>;

const UNIT_FOLDERS = ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'];

export const unit = kind({
  kind: 'unit',
  needs: 'live',
  leaving: 'restore',
  spec: Spec,
  state: UnitState,
  scope: (spec): Scope => Part.options.filter((part) => spec[part] !== undefined),
  observe: (asked, host) => observeUnits(asked, host),
  target,
  // Why it is held is not planned: a unit that comes with this plan shows it only afterwards. One that somebody
  // masked is theirs, whatever was planned for it or first seen.
  settled: (planned, observed) => {
    if (observed?.hold === 'masked') return true;
    if (planned?.fileless === true) return observed === null || observed.fileless === true;
    if (planned === null || observed === null) return planned === observed;
    return planned.enabled === observed.enabled && planned.running === observed.running;
  },
  // A part that is asked for later was first seen then; one that is no longer asked for stays as it is.
  widen: (first, observed) =>
    first && observed
      ? {
          ...first,
          enabled: observed.enabled === null ? null : (first.enabled ?? observed.enabled),
          running: observed.running === null ? null : (first.running ?? observed.running),
        }
      : first,
  phase,
  enforce,
  describe: (from, to) => ({
    summary: [...words('enabled', from, to), ...words('running', from, to)],
    detail: [],
  }),
  notices: async (name, _spec, observed) =>
    observed?.looping === true
      ? [`unit[${name}] is being started again and again by systemd: see "systemctl status ${name}"`]
      : [],
});

/** A unit whose file comes with the same plan cannot be told anything before the file is there. */
function phase(from: UnitState, to: UnitState): Phase {
  if (to === null) return 'stop';
  return to.running === false && from !== null ? 'stop' : 'start';
}

/** The files that would bring a unit; an instance comes with its template (systemd.unit(5)). */
const unitFiles = (name: string): readonly string[] =>
  UNIT_FOLDERS.flatMap((folder) => [`${folder}/${name}`, `${folder}/${name.replace(/@[^.]*\./, '@.')}`]);

function target(
  spec: Spec,
  observed: UnitState,
  { name, coming }: { name: string; coming: ReadonlySet<string> },
): Target<UnitState> {
  const wanted = { enabled: spec.enabled ?? null, running: spec.running ?? null, hold: null };
  if (observed === null || observed.fileless === true) {
    if (unitFiles(name).some((path) => coming.has(path))) return { to: wanted };
    if (spec.enabled !== true && spec.running !== true) return { to: null };
    return { waiting: 'systemd knows no such unit (is its package installed?)' };
  }
  if (observed.hold === 'masked')
    return {
      waiting: 'it is masked, and Holdfast leaves a masked unit alone (systemctl unmask gives it back)',
    };
  if (observed.hold === 'static' && spec.enabled !== undefined && spec.enabled !== observed.enabled)
    return {
      refused:
        'it cannot be enabled or disabled: its unit file has no [Install] section. Leave out "enabled".',
    };
  return { to: { ...wanted, hold: observed.hold } };
}

async function enforce(name: string, goal: UnitState, host: Host): Promise<void> {
  const live = host.live;
  const to = goal?.fileless === true ? null : goal;
  if (live === null || to?.hold === 'masked') return;
  // Going back to "no such unit": its file is taken away afterwards, so first nothing may run or start from it.
  const { enabled, running } = to ?? { enabled: false, running: false };
  const now = (await observeUnits(new Map([[name, ['enabled', 'running']]]), host)).get(name) ?? null;
  if ((now === null && to === null) || now?.hold === 'masked') return;
  // Only its process is left, and nothing of it to enable or disable.
  if (now?.fileless === true && to === null) {
    await live.run(['systemctl', 'stop', name]);
    return;
  }
  if (running === false && now?.running !== false) await live.run(['systemctl', 'stop', name]);
  if (enabled !== null && to?.hold !== 'static' && now?.enabled !== enabled && now?.hold !== 'static')
    await live.run(['systemctl', enabled ? 'enable' : 'disable', name]);
  // One that failed would be listed as failed, and the host as degraded, long after its file is gone.
  if (to === null) await live.run(['systemctl', 'reset-failed', name]).catch(() => undefined);
  if (running === true && now?.running !== true) {
    // A unit that once hit its start limit would refuse (systemd.unit(5), StartLimitBurst=).
    await live.run(['systemctl', 'reset-failed', name]).catch(() => undefined);
    await live.run(['systemctl', 'start', name]);
  }
}

const PROPERTIES = ['LoadState', 'ActiveState', 'SubState', 'NRestarts', 'UnitFileState'];

/** One `systemctl show` for all of them: about 10 ms, however many there are. */
async function observeUnits(
  asked: ReadonlyMap<string, Scope>,
  host: Reader,
): Promise<ReadonlyMap<string, UnitState>> {
  if (host.live === null) throw new Error('units can only be observed on a running system');
  const shown = await showUnits([...asked.keys()], PROPERTIES, host.live);
  return new Map([...asked].map(([name, scope]) => [name, stateOf(shown.get(name)!, scope)] as const));
}

function stateOf(shown: Readonly<Record<string, string>>, scope: Scope): UnitState {
  if (shown['LoadState'] === 'masked') return { enabled: null, running: null, hold: 'masked' };
  if (shown['LoadState'] === 'not-found')
    return isRunning(shown['ActiveState'])
      ? {
          enabled: scope.includes('enabled') ? false : null,
          running: scope.includes('running') ? true : null,
          hold: null,
          fileless: true,
        }
      : null;
  const file = shown['UnitFileState'] ?? '';
  const enabled = file === 'enabled' || file === 'alias';
  const fixed = ['static', 'generated', 'transient', ''].includes(file);
  return {
    enabled: scope.includes('enabled') ? enabled : null,
    running: scope.includes('running') ? isRunning(shown['ActiveState']) : null,
    hold: fixed ? 'static' : null,
    ...(scope.includes('running') && isLooping(shown) ? { looping: true } : {}),
  };
}

function words(part: 'enabled' | 'running', from: UnitState, to: UnitState): readonly string[] {
  const [before, after] = [from?.[part] ?? null, to?.[part] ?? null];
  if (before === after || after === null) return [];
  return [
    part === 'enabled' ? (after ? 'enabled at boot' : 'disabled at boot') : after ? 'started' : 'stopped',
  ];
}
