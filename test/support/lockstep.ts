import { afterAll, beforeAll, expect } from 'vitest';
import { allAt } from './cluster.ts';
import { HOSTS, lab, VIP, type Changes } from './lab.ts';
import { watchOwners, type Owners } from './vip-owners.ts';

/** In the lab's certificates beside the first one. */
export const NEXT_VIP = '10.1.233.2';

/** cluster.yaml with some of its lines replaced, and a moment; `null`: without one. */
export function clusterWith(
  lines: readonly (readonly [from: RegExp, to: string])[],
  at: Date | null,
  more: readonly string[] = [],
): (old: string) => string {
  return (old) => {
    const text = lines.reduce((all, [from, to]) => {
      if (!from.test(all)) throw new Error(`cluster.yaml has no ${from}`);
      return all.replace(from, to);
    }, old);
    // The lab may have been made with one.
    const strategy = /^rollout:.*(strategy: \w+)/m.exec(old)?.[1];
    const moment = at === null ? undefined : `at: "${at.toISOString().slice(0, 19)}Z"`;
    const rollout = [moment, strategy, ...more].filter((part) => part !== undefined).join(', ');
    return `${text.replace(/^rollout:.*\n/m, '')}rollout: { ${rollout} }\n`;
  };
}

export const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1_000);
/** Enough for every host to fetch it, on a machine that is busy. */
export const SOON_S = 40;

/** So far apart that of two BACKUPs the second hears of the first before it would take over itself. */
export const SPREAD = [1, 2, 3].map(
  (n) => [new RegExp(`(node-${n}: \\{ address: [0-9.]+) \\}`), `$1, priority: ${300 - 50 * n} }`] as const,
);

/**
 * The hardened profile, as the README walks through it; with adverts that a machine on which three labs run at once does
 * not miss.
 */
export const HARDENED = [
  [/version: 2/, 'version: 3'],
  [/advertInterval: 1$/m, 'advertInterval: 0.5'],
  [/transport: multicast/, 'transport: unicast'],
  [/ {2}authPass: .*\n/, ''],
  ...SPREAD,
] as const;

/** What all hosts must agree on, each changed by itself. */
export const FIELDS: Readonly<Record<string, (at: Date | null) => Changes>> = {
  password: (at) => ({
    'files/vrrp-password': `p${Date.now().toString(36).slice(-7)}\n`,
    'cluster.yaml': clusterWith([[/authPass: .*/, 'authPass: { file: vrrp-password }']], at),
  }),
  VRID: (at) => ({ 'cluster.yaml': clusterWith([[/routerId: 51/, 'routerId: 77']], at) }),
  'advert interval': (at) => ({
    'cluster.yaml': clusterWith([[/advertInterval: 1$/m, 'advertInterval: 2']], at),
  }),
  'virtual IP': (at) => ({ 'cluster.yaml': clusterWith([[/^vip: .*/m, `vip: ${NEXT_VIP}`]], at) }),
  transport: (at) => ({
    'cluster.yaml': clusterWith([[/transport: multicast/, 'transport: unicast']], at),
  }),
  version: (at) => ({
    'cluster.yaml': clusterWith(
      [
        [/version: 2/, 'version: 3'],
        [/ {2}authPass: .*\n/, ''],
      ],
      at,
    ),
  }),
};

/** Commits it for a moment soon, and waits until all have it; who held the virtual IP meanwhile, the old or the new one. */
export async function movedTogether(what: string, changes: Changes): Promise<Owners> {
  const watch = watchOwners([VIP, NEXT_VIP]);
  try {
    await allAt(lab.commit(changes, `Lockstep: ${what}`));
  } catch (problem) {
    const { story } = await watch.stop();
    throw new Error(`${what}: ${story.join('; ')}`, { cause: problem });
  }
  return watch.stop();
}

/** Both are what the README says of it; how it went is shown where it was not so. */
export function expectOneOwner(owners: Owners | null): void {
  expect.soft(owners?.twoForMs, owners?.story.join('; ')).toBeLessThanOrEqual(1_000);
  expect.soft(owners?.nobodyForMs, owners?.story.join('; ')).toBeLessThanOrEqual(5_000);
}

/** For a whole file: nothing that was taken back before stands in its way, and afterwards all is as the template has it. */
export function movingTogether(): void {
  beforeAll(async () => {
    for (const n of HOSTS) lab.host(n).run(['holdfast', 'retry']);
    await allAt(lab.head());
  });
  afterAll(backTogether);
}

/** The files as the template has them, at one moment again. `null`: they are. */
export async function backTogether(): Promise<Owners | null> {
  const first = lab.git('rev-list', '--max-parents=0', 'HEAD');
  const was = `${lab.git('show', `${first}:cluster.yaml`)}\n`;
  const moved = lab.git('diff', first, 'HEAD', '--', 'cluster.yaml');
  const fields = /^[-+] *(vip|routerId|version|advertInterval|transport|authPass):/m;
  if (!fields.test(moved)) return null;
  return movedTogether('as the template has it', {
    'cluster.yaml': () => clusterWith([], inSeconds(SOON_S))(was),
  });
}
