import type { StateDirectory } from '../host/host.ts';
import type { Sightings } from './sightings.ts';

/** Which commits are known to differ from the one in force in what all hosts must agree on. */
export type Sides = { readonly inForce: string; readonly differing: readonly string[] };

/**
 * The others name the commit that they have in force, so this is all that it takes to tell whether they agree with this
 * host. Of the fields themselves, the password among them, nothing is kept.
 */
export interface Agreement {
  /** Whether there was ever such a commit here. */
  isKept(): Promise<boolean>;
  differing(inForce: string): Promise<readonly string[]>;
  /** `commit` differs from the one in force. */
  differs(inForce: string, commit: string): Promise<void>;
}

const FILE = 'lockstep.json';
/** More than anybody has of them between two moments at which all agree. */
const KEPT = 20;

export function openAgreement(state: StateDirectory): Agreement {
  const read = async (inForce: string): Promise<Sides> => {
    const bytes = await state.read(FILE);
    if (bytes === null) return { inForce, differing: [] };
    const kept = sidesIn(bytes);
    const now = kept === null ? { inForce, differing: [] } : sidesNow(kept, inForce);
    // Written while it is in force: of a later commit nobody would know which side it came from.
    if (JSON.stringify(now) !== JSON.stringify(kept)) await state.replace(FILE, JSON.stringify(now));
    return now;
  };
  return {
    isKept: async () => (await state.size(FILE)) !== null,
    differing: async (inForce) => (await read(inForce)).differing,
    differs: async (inForce, commit) => {
      const { differing } = await read(inForce);
      if (differing.includes(commit)) return;
      const sides: Sides = { inForce, differing: [...differing, commit].slice(-KEPT) };
      await state.replace(FILE, JSON.stringify(sides));
    },
  };
}

/** `null`: damaged. That is none: keepalived runs. */
function sidesIn(bytes: Uint8Array): Sides | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Sides;
  } catch {
    return null;
  }
}

/** Pure. What is in force is another one than when this was written: one from the other side, or a later one of this. */
export function sidesNow({ inForce: before, differing }: Sides, inForce: string): Sides {
  if (inForce === before || !differing.includes(inForce)) return { inForce, differing };
  return { inForce, differing: [before] };
}

/**
 * Who differs from this host, where that is more than half of the control plane: then keepalived must not run here.
 * `null`: in doubt it runs, for somebody must have the virtual IP. Pure.
 */
export function dissent(
  differing: readonly string[],
  {
    me,
    nodes,
    sightings,
  }: { readonly me: string; readonly nodes: readonly string[]; readonly sightings: Sightings },
): readonly string[] | null {
  const others = nodes.filter((name) => {
    const { status, silent } = sightings.get(name) ?? { status: null, silent: null };
    if (name === me || status === null || silent !== null) return false;
    // One that is in the middle of it is still to say which side it is on.
    if (status.phase !== 'idle' || status.staged !== null) return false;
    return status.commit !== null && differing.includes(status.commit);
  });
  return others.length * 2 > nodes.length ? others : null;
}
