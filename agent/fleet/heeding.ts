import type { Cluster } from '../desired/cluster.ts';
import type { StateDirectory } from '../host/host.ts';
import { readGeneration } from '../transaction/generations.ts';
import { openJournal } from '../transaction/journal.ts';
import { readLedger } from '../transaction/ledger.ts';
import { openAgreement } from './agreement.ts';
import { CatchingUp, type CutOffParts } from './catching-up.ts';
import type { Fleet } from './fleet.ts';
import { heed, whyStopped, type KeepingStopped, type Where } from './keep-stopped.ts';
import type { Sightings } from './sightings.ts';

export type Heeding = KeepingStopped & {
  readonly state: StateDirectory;
  readonly hostname: () => string;
};

export type Heeded = Pick<Fleet, 'look' | 'askingAgain'> & {
  /** Before a cycle: what a host that was cut off has to find out before it takes part again. */
  readonly catchUp: CatchingUp;
};

/** The same looks at the other hosts, with keepalived stopped where the majority of them is on another side. */
export function heeding(
  fleet: Pick<Fleet, 'look' | 'askingAgain' | 'saying'>,
  tools: Omit<Heeding, 'agreement'> & Pick<CutOffParts, 'clock'>,
  ask: () => void,
): Heeded {
  const keeping: Heeding = { ...tools, agreement: openAgreement(tools.state) };
  const catchUp = new CatchingUp({ ...tools, where: (sightings) => whereIs(sightings, keeping) });
  return {
    askingAgain: fleet.askingAgain,
    catchUp,
    look: async (brief) => {
      const sightings = await fleet.look(brief);
      // Nobody's looking ends because of it: it is tried again at the next look.
      const isNews = await heeded(sightings, fleet, keeping, catchUp).catch(() => false);
      if (isNews) ask();
      return sightings;
    },
  };
}

async function heeded(
  sightings: Sightings,
  { saying }: Pick<Fleet, 'saying'>,
  tools: Heeding,
  catchUp: CatchingUp,
): Promise<boolean> {
  if (await catchUp.begins(sightings)) return true;
  if (catchUp.isDue) return false;
  const isConcerned = (await tools.agreement.isKept()) || (await whyStopped(tools.runtime)) !== null;
  if (!isConcerned || (await saying.said()).staged !== null) return false;
  const where = await whereIs(sightings, tools);
  // A cycle may have begun meanwhile to bring this host to where the others are.
  return where !== null && (await saying.said()).staged === null && heed(where, tools);
}

/** `null`: this host is in the middle of a change, or nothing is in force. */
async function whereIs(sightings: Sightings, { state, hostname }: Heeding): Promise<Where | null> {
  if ((await openJournal(state)).phase.phase !== 'idle') return null;
  const { generation } = await readLedger(state);
  const kept = generation === 0 ? null : await readGeneration(state, generation);
  if (kept === null) return null;
  // Plain data on its way through generations, and a Cluster all along.
  const { nodes } = kept.candidate.cluster as unknown as Cluster;
  return {
    inForce: kept.commit?.sha ?? null,
    me: hostname(),
    nodes: nodes.map(({ name }) => name),
    sightings,
  };
}
