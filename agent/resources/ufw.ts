import { z } from 'zod';
import type { Host, Reader } from '../host/host.ts';
import { kind, type Description, type Target } from './kind.ts';
import { NOT_INSTALLED, readSettings, writeEnabled } from './ufw-files.ts';
import { readLive } from './ufw-live.ts';

/** `enabled`: what the next boot does (ufw.conf). `live`: what the kernel does now. `null`: ufw is not installed. */
export const UfwState = z
  .strictObject({ enabled: z.boolean(), live: z.enum(['whole', 'missing', 'off']) })
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
    for (const name of asked.keys()) seen.set(name, await observe(host));
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
        (planned.live === 'missing' || planned.live === observed.live),
  phase: () => 'firewall',
  enforce: (_name, to, host: Host) => enforce(to, host),
  describe,
});

async function observe(host: Reader): Promise<UfwState> {
  const settings = await readSettings(host);
  if (settings === null || host.live === null) return null;
  return { enabled: settings.enabled, live: await readLive(settings, host, host.live) };
}

async function enforce(to: UfwState, host: Host): Promise<void> {
  const from = await observe(host);
  if (from === null || to === null) {
    if (from === to) return;
    throw new Error('The firewall cannot be put back: ufw was installed or removed meanwhile.');
  }
  if (from.enabled === to.enabled && from.live === to.live) return;
  if (to.live === 'off') await stop(from, host);
  else await start(from, host);
  // What a person edited into ufw.conf by hand without telling the kernel is put back as it was.
  if ((to.live !== 'off') !== to.enabled) await writeEnabled(host, to.enabled);
}

/** `reload` takes everything down and up again; between the two, everything is let through. */
async function start(from: NonNullable<UfwState>, host: Host): Promise<void> {
  if (from.enabled && from.live === 'whole') return;
  if (from.enabled && from.live === 'missing') {
    await host.live!.run(['ufw', 'reload']);
    return;
  }
  await host.live!.run(['ufw', '--force', 'enable']);
  // It takes a table that has its user chains for started, whatever else is gone.
  if ((await observe(host))?.live !== 'whole') await host.live!.run(['ufw', 'reload']);
}

async function stop(from: NonNullable<UfwState>, host: Host): Promise<void> {
  if (from.enabled || from.live !== 'off') await host.live!.run(['ufw', '--force', 'disable']);
}

function describe(from: UfwState, to: UfwState): Description {
  const summary: string[] = [];
  if (to === null || from === null) return { summary: [to === null ? 'gone' : 'installed'], detail: [] };
  if (from.enabled !== to.enabled) summary.push(to.enabled ? 'enable' : 'disable');
  else if (from.live !== to.live)
    summary.push(
      to.live === 'off' ? 'stop, although it is enabled' : `load its chains again (${LIVE[from.live]})`,
    );
  return { summary, detail: [] };
}

const LIVE = {
  whole: 'they were there',
  missing: 'some of them were gone from the kernel',
  off: 'the kernel had none of them',
} as const;
