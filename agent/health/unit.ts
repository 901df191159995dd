import type { LiveReader } from '../host/host.ts';
import { showUnits } from '../resources/show-units.ts';
import { unwell, WELL, type About, type Check, type Seen, type Time } from './check.ts';

/** `unknown`: systemd knows no such unit. */
export type UnitState = {
  readonly state: string;
  readonly sub: string;
  readonly result: string;
  readonly exitStatus: number;
  readonly mainPid: number;
  readonly type: string;
  /** Changes with every start; empty while it has never been started. */
  readonly invocation: string;
  /** Starts by systemd itself (Restart=) since somebody last started it. */
  readonly restarts: number;
  /** Monotonic; 0: never. */
  readonly activeSinceMs: number;
};

const PROPERTIES = [
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'ExecMainStatus',
  'MainPID',
  'Type',
  'InvocationID',
  'NRestarts',
  'ActiveEnterTimestampMonotonic',
] as const;

export async function unitState(unit: string, live: LiveReader): Promise<UnitState> {
  return (await unitStates([unit], live)).get(unit)!;
}

export async function unitStates(
  units: readonly string[],
  live: LiveReader,
): Promise<ReadonlyMap<string, UnitState>> {
  const shown = await showUnits(units, PROPERTIES, live);
  return new Map([...shown].map(([unit, properties]) => [unit, stateOf(properties)]));
}

const stateOf = (shown: Readonly<Record<string, string>>): UnitState => ({
  state: shown['LoadState'] === 'not-found' ? 'unknown' : (shown['ActiveState'] ?? 'unknown'),
  sub: shown['SubState'] ?? '',
  result: shown['Result'] ?? '',
  exitStatus: Number(shown['ExecMainStatus'] ?? 0),
  mainPid: Number(shown['MainPID'] ?? 0),
  type: shown['Type'] ?? '',
  invocation: shown['InvocationID'] ?? '',
  restarts: Number(shown['NRestarts'] ?? 0),
  activeSinceMs: Number(shown['ActiveEnterTimestampMonotonic'] ?? 0) / 1000,
});

/** Less than this after systemd restarted it by itself, a unit is not yet known to have recovered. */
const UP_FOR_MS = 3_000;

/** A unit that shall run does. One that crashes and comes back all the time is active at most moments. */
export function unitCheck(unit: string, about: About, clock: Time['clock']): Check {
  return {
    id: `unit[${unit}]`,
    about,
    run: async ({ live }) => seenInUnit(await unitState(unit, live), clock.monotonicMs()),
  };
}

export function seenInUnit(unit: UnitState, nowMs: number): Seen {
  if (unit.state === 'reloading' || unit.state === 'refreshing') return WELL;
  if (unit.state !== 'active') return unwell(inWords(unit));
  const upForMs = nowMs - unit.activeSinceMs;
  if (unit.restarts === 0 || upForMs >= UP_FOR_MS) return WELL;
  return unwell(`it has been up for ${(upForMs / 1000).toFixed(1)} s; ${restartedInWords(unit)}`);
}

export const restartedInWords = ({ restarts }: UnitState): string =>
  `systemd has restarted it ${restarts === 1 ? 'once' : `${restarts} times`} by itself`;

/** `failed: exit-code 2`, as `systemctl status` would have it. */
export function inWords(unit: UnitState): string {
  if (unit.state === 'unknown') return 'systemd knows no such unit';
  const state = unit.state === 'failed' ? 'failed' : `${unit.state} (${unit.sub})`;
  if (unit.result === 'success' || unit.result === '') return state;
  return `${state}: ${unit.result}${unit.result === 'exit-code' ? ` ${unit.exitStatus}` : ''}`;
}
