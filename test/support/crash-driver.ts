import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundled } from '../unit/host/bundled.ts';
import type { Host } from './lab.ts';

/**
 * The agent as it is, on the host as it is, which ends itself with SIGKILL before or after its n-th effect: what it
 * writes to the host or to its state directory, and each command that changes something.
 */
const DRIVER = `
import { openConfig } from './agent/commands/open-config.ts';
import { openTools } from './agent/commands/open-tools.ts';
import { placesUnder } from './agent/commands/places.ts';
import { converge } from './agent/converge.ts';
import { openBench } from './agent/host/bench.ts';
import { systemClock } from './agent/host/clock.ts';
import { readConfigFile } from './agent/host/config-file.ts';
import { whatOthersMay } from './agent/host/others-may.ts';
import { bootId } from './agent/host/git-checkouts.ts';
import { openGit } from './agent/host/git.ts';
import { identityStamp, openUnlock, readIdentities } from './agent/host/identity-file.ts';
import { readIdentity } from './agent/host/identity.ts';
import { openHandOver } from './agent/host/hand-over.ts';
import { openLintProbes } from './agent/host/lint-probes.ts';
import { openProbes } from './agent/host/open-probes.ts';
import { openHost } from './agent/host/real-host.ts';
import { sleep } from './agent/host/sleep.ts';
import { openStateDirectory } from './agent/host/state-directory.ts';
import { openTree } from './agent/host/tree.ts';
import { recover } from './agent/transaction/recover.ts';

const [verb, release, killAt] = process.argv.slice(2);
const places = placesUnder(undefined, undefined);
const boundaries = [];
const boundary = (where) => {
  if (boundaries.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  boundaries.push(where);
};
const killing = (of, names, what) => ({
  ...of,
  ...Object.fromEntries(names.map((name) => [name, async (...args) => {
    const said = what + ' ' + name + ' ' + (Array.isArray(args[0]) ? args[0].join(' ') : args[0]);
    boundary('before ' + said);
    const result = await of[name](...args);
    boundary('after ' + said);
    return result;
  }])),
});
const machine = {
  openHost: (blobs) => {
    const { files, live } = openHost(blobs);
    return {
      files: killing(files, ['write', 'remove'], 'host'),
      live: killing(live, ['run', 'setKernel'], 'host'),
    };
  },
  openBench: (reader) => openBench(reader, '/run/holdfast/stage'),
  openStateDirectory: (path) => {
    const state = openStateDirectory(path);
    return path === places.state ? killing(state, ['append', 'replace', 'remove'], 'state') : state;
  },
  openGit: async (path) => openGit(path),
  openTree, readIdentity, sleep,
  bootId: async () => bootId(),
  openHandOver: () => killing(openHandOver(), ['setOffset', 'holdBack'], 'handover'),
  openProbes: async (host, remote) => openProbes(host, remote),
  openLintProbes: async (host) => openLintProbes(host),
  // The same effects in every run, whatever the other hosts are doing.
  askStatus: async () => ({ failed: 'nobody is asked here' }),
  readConfig: readConfigFile,
  whatOthersMay, openUnlock, readIdentities, identityStamp,
  openAge: async () => (await import('./agent/host/age.ts')).age,
  clock: systemClock,
  tidyMemory: () => undefined,
};
const quiet = () => undefined;
const environment = {
  release, machine, user: 'the test', watched: false, colour: false, out: quiet, err: quiet,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};
const config = openConfig(places.config, environment, false);
const tools = await openTools({ options: {}, places, config }, environment);
const told = verb === 'converge'
  ? (await converge(tools)).status.outcome
  : (await recover(tools, true)).ended?.end ?? null;
process.stdout.write(JSON.stringify({ told, boundaries }), () => process.exit(0));
`;

const PROGRAM = '/run/crash-driver.mjs';
const SIGKILLED = 128 + 9;
const LIMIT_MS = 240_000;

/** How it ended, and what it came by; `null`: it killed itself. */
export type Driven = { readonly told: string | null; readonly boundaries: readonly string[] } | null;
export type CrashDriver = {
  /** One cycle, killed at its n-th boundary. */
  converge(killAt?: number): Driven;
  /** Only what the next start does first: an open transaction is taken to its end. */
  recover(killAt?: number): Driven;
};

/** Nothing else may change this host meanwhile: the agent is to be stopped. */
export function installCrashDriver(host: Host): CrashDriver {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  host.write(PROGRAM, readFileSync(bundled(folder, DRIVER), 'utf8'));
  rmSync(folder, { recursive: true });
  const release = host.run(['holdfast', '--version']).stdout.trim();
  const drive = (verb: string, killAt = -1): Driven => {
    const ran = host.run(['node', PROGRAM, verb, release, String(killAt)], {
      allowFail: true,
      timeoutMs: LIMIT_MS,
    });
    if (ran.exitCode === SIGKILLED) return null;
    if (ran.exitCode !== 0) throw new Error(`the driver failed: ${ran.stderr.trim()}`);
    return JSON.parse(ran.stdout) as Driven;
  };
  return {
    converge: (killAt) => drive('converge', killAt),
    recover: (killAt) => drive('recover', killAt),
  };
}
