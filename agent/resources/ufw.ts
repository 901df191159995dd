import * as z from 'zod';
import type { Host, Live, Reader } from '../host/host.ts';
import { kind, type Description, type Target } from './kind.ts';
import { openPolicies } from './ufw-down.ts';
import { makeDurable, NOT_INSTALLED, readSettings, writeEnabled, type UfwSettings } from './ufw-files.ts';
import { hook, readUnhooked } from './ufw-hooks.ts';
import { putBackLeaves, readLeaves, UfwLeaves } from './ufw-leaves.ts';
import { readLive, type InKernel } from './ufw-live.ts';
import { stopTracking, whileTracked } from './ufw-tracking.ts';

/**
 * `enabled`: what the next boot does (ufw.conf). `live`: what the kernel does now. `leaves`: as observed while it is
 * off, for the way back to that; what is planned has none, and none is asked of it. `null`: ufw is not installed.
 */
export const UfwState = z
  .strictObject({
    enabled: z.boolean(),
    live: z.enum(['whole', 'missing', 'off']),
    /** A chain of Holdfast's own was left in the kernel (`whileTracked`, interrupted); only ever seen, never planned. */
    tracking: z.literal(true).exactOptional(),
    leaves: UfwLeaves.exactOptional(),
  })
  .nullable();
export type UfwState = z.infer<typeof UfwState>;

/**
 * The firewall itself. `ufw enable` does not touch ufw.service, which Debian enables on installation: whoever wants
 * to be sure of it at boot names that unit, too.
 */
export const ufw = kind({
  kind: 'ufw',
  needs: 'live',
  leaving: 'restore',
  spec: z.strictObject({ enabled: z.boolean() }),
  state: UfwState,
  scope: () => null,
  observe: async (asked, host) => {
    const seen = new Map<string, UfwState>();
    for (const name of asked.keys()) seen.set(name, stateOf(await observe(host)));
    return seen;
  },
  target: ({ enabled }, observed): Target<UfwState> => {
    if (observed === null) return enabled ? { waiting: NOT_INSTALLED } : { to: null };
    return { to: { enabled, live: enabled ? 'whole' : 'off' } };
  },
  // A broken table is mended, never broken again.
  settled: (planned, observed) =>
    planned === null || observed === null
      ? planned === observed
      : planned.enabled === observed.enabled &&
        observed.tracking !== true &&
        (planned.live === 'missing' || planned.live === observed.live),
  // It goes up when its rules are there, and down before they go: in between, it would let nobody in. Down before kernel
  // parameters, too: one that the desired state names as well is for that to put back.
  phase: (_from, to) => (to?.live === 'off' ? 'write' : 'firewall'),
  enforce: (_name, to, host: Host) => enforce(to, host),
  describe,
});

function stateOf(observed: Observed | null): UfwState {
  if (observed === null) return null;
  const { enabled, live, tracking, leaves } = observed;
  return { enabled, live, ...(tracking ? { tracking } : {}), ...(leaves === undefined ? {} : { leaves }) };
}

type Observed = InKernel & {
  readonly enabled: boolean;
  readonly settings: UfwSettings;
  readonly leaves?: UfwLeaves;
};

async function observe(host: Reader): Promise<Observed | null> {
  const settings = await readSettings(host);
  if (settings === null || host.live === null) return null;
  const inKernel = await readLive(settings, host, host.live);
  const leaves =
    inKernel.live === 'off' ? await readLeaves(settings, inKernel.saved, host.files, host.live) : undefined;
  return { enabled: settings.enabled, ...inKernel, settings, ...(leaves === undefined ? {} : { leaves }) };
}

async function enforce(to: UfwState, host: Host): Promise<void> {
  const from = await observe(host);
  if (from === null || to === null || host.live === null) {
    if (from === to) return;
    throw new Error('The firewall cannot be put back: ufw was installed or removed meanwhile.');
  }
  if (from.tracking) await stopTracking(from.settings, host.live);
  if (from.enabled !== to.enabled || from.live !== to.live) await bring(from, to, host.live, host);
  if (to.leaves !== undefined) await putBackLeaves(to.leaves, from.settings, host.live);
}

async function bring(from: Observed, to: NonNullable<UfwState>, live: Live, host: Host): Promise<void> {
  if (to.live !== 'off') await whileTracked(from.settings, live, () => start(from, live, host));
  else if (from.enabled || from.live !== 'off') await disable(from.settings, live, host);
  // What a person edited into ufw.conf by hand without telling the kernel is put back as it was.
  if ((to.live !== 'off') !== to.enabled) await writeEnabled(host, to.enabled);
}

async function disable(settings: UfwSettings, live: Live, host: Host): Promise<void> {
  await openPolicies(settings, live);
  await toggle(false, live, host);
}

/** `reload` takes everything down and up again; between the two, everything is let through. */
async function start({ settings, ...from }: Observed, live: Live, host: Host): Promise<void> {
  const unhooked = await readUnhooked(settings, live);
  if (unhooked.length > 0) await disable(settings, live, host);
  for (const one of unhooked) await hook(one, live);
  const isUp = unhooked.length === 0 && from.enabled && from.live !== 'off';
  if (!isUp) await toggle(true, live, host);
  // enable takes a table that has its user chains for started, whatever else of it is gone.
  if (!isUp && (await observe(host))?.live === 'whole') return;
  await openPolicies(settings, live);
  await live.run(['ufw', 'reload']);
  await makeDurable(live);
}

/**
 * ufw.conf first, and by us: ufw leaves it alone when it says already what it is to say (frontend.py, set_enabled), and
 * would write it in place, so that a power cut leaves it empty. Its rules it does write in place (start_firewall).
 */
async function toggle(enabled: boolean, live: Live, host: Host): Promise<void> {
  await writeEnabled(host, enabled);
  await live.run(['ufw', '--force', enabled ? 'enable' : 'disable']);
  await makeDurable(live);
}

function describe(from: UfwState, to: UfwState): Description {
  const summary: string[] = [];
  if (to === null || from === null) return { summary: [to === null ? 'gone' : 'installed'], detail: [] };
  if (from.enabled !== to.enabled) summary.push(to.enabled ? 'enable' : 'disable');
  else if (from.live !== to.live)
    summary.push(
      to.live === 'off' ? 'stop, although it is enabled' : `load its chains again (${LIVE[from.live]})`,
    );
  if (from.tracking === true) summary.push('take out a chain that was left when enabling it was interrupted');
  return { summary, detail: [] };
}

const LIVE = {
  whole: 'they were there',
  missing: 'some of them were gone from the kernel',
  off: 'the kernel had none of them',
} as const;
