import type { Cluster } from '../desired/cluster.ts';
import type { StateDirectory } from '../host/host.ts';
import { readGeneration } from '../transaction/generations.ts';
import { openJournal } from '../transaction/journal.ts';
import { readLedger } from '../transaction/ledger.ts';
import { openAgreement } from './agreement.ts';
import type { Fleet } from './fleet.ts';
import { heed, whyStopped, type KeepingStopped, type Where } from './keep-stopped.ts';
import type { Sightings } from './sightings.ts';

export type Heeding = KeepingStopped & {
  readonly state: StateDirectory;
  readonly hostname: () => string;
};

/** The same looks at the other hosts, with keepalived stopped where the majority of them is on another side. */
export function heeding(
  fleet: Pick<Fleet, 'look' | 'turns' | 'saying'>,
  tools: Omit<Heeding, 'agreement'>,
  ask: () => void,
): Pick<Fleet, 'look' | 'turns'> {
  const keeping: Heeding = { ...tools, agreement: openAgreement(tools.state) };
  return {
    turns: fleet.turns,
    look: async (brief) => {
      const sightings = await fleet.look(brief);
      // Nobody's looking ends because of it: it is tried again at the next look.
      const isNews = await heeded(sightings, fleet, keeping).catch(() => false);
      if (isNews) ask();
      return sightings;
    },
  };
}

async function heeded(
  sightings: Sightings,
  { saying }: Pick<Fleet, 'saying'>,
  tools: Heeding,
): Promise<boolean> {
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
