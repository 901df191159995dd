import type { Cluster } from '../desired/cluster.ts';
import type { Time } from '../health/check.ts';
import type { StateDirectory } from '../host/host.ts';
import type { Ask } from '../host/status-asker.ts';
import { askPeers, type Peer, type PeerAnswers } from './peers.ts';
import { SightingsOnDisk } from './sightings-on-disk.ts';
import type { Saying } from './saying.ts';
import type { Sightings } from './sightings.ts';
import { openTurns, type AskingAgain, type Exchange, type Turns } from './turns.ts';
import type { Waited } from './waited.ts';

/** What a cycle, and the daemon between cycles, asks of the other hosts of the cluster. */
export interface Fleet {
  /** Whom there is to ask, and as whom. Told at every cycle, for the cluster may change. */
  know(cluster: Cluster, me: string): void;
  /** Called with each cluster that is known from now on: a commit that waits for its turn counts as well. */
  onKnown(act: (cluster: Cluster) => void): void;
  /** Asks all of them anew, and remembers what they say. Empty where there is nobody. `brief`: as in peers.ts. */
  look(brief?: boolean): Promise<Sightings>;
  /** What they said last. */
  readonly sightings: Sightings;
  /** The same question, for whoever wants the bare answers. */
  ask(): Promise<PeerAnswers>;
  /** Some of them, in brief, and nothing of it is remembered. */
  askOnly(names: readonly string[]): Promise<PeerAnswers>;
  readonly turns: Turns;
  readonly askingAgain: AskingAgain;
  readonly saying: Saying;
  /** Throws `StoppedMeanwhile` when the agent is to end. */
  readonly sleep: Time['sleep'];
}

export type FleetParts = {
  readonly ask: Ask;
  readonly port: number;
  readonly state: StateDirectory;
  readonly runtime: StateDirectory;
  readonly time: Time;
  readonly saying: Saying;
};

const WAITED = 'waited.json';

/** The other hosts over their status endpoints. */
export function openFleet(parts: FleetParts): Fleet {
  const { time, runtime, saying } = parts;
  const memory = new SightingsOnDisk(parts);
  let known: Known | null = null;
  let told: (cluster: Cluster) => void = () => undefined;
  let last: Promise<unknown> = Promise.resolve();
  const exchange = async (brief: boolean): Promise<PeerAnswers> => {
    await memory.recalled();
    if (known === null) return new Map();
    const { peers, from, me } = known;
    const askedMs = time.clock.monotonicMs();
    const answers = await askPeers(peers, { ask: parts.ask, port: parts.port, from, brief });
    await memory.keep({ askedMs, answeredMs: time.clock.monotonicMs(), answers }, me);
    return answers;
  };
  // One after the other: each remembers on top of the one before.
  const ask = (brief: boolean): Promise<PeerAnswers> => {
    const next = last.then(() => exchange(brief));
    last = next.catch(() => undefined);
    return next;
  };
  const look = async (brief = false): Promise<Sightings> => {
    await ask(brief);
    return memory.sightings;
  };
  const turnExchange: Exchange = {
    look,
    say: (word) => saying.say(word),
    waited: {
      read: async () => waitedIn(await runtime.read(WAITED)),
      // A full /run must not end a cycle; the waiting is then counted anew.
      write: (waited) => runtime.replace(WAITED, JSON.stringify(waited)).catch(() => undefined),
    },
  };
  const turns = openTurns(turnExchange, time);
  return {
    know: (cluster, me) => {
      known = knownIn(cluster, me);
      told(cluster);
    },
    onKnown: (act) => void (told = act),
    look,
    ask: () => ask(false),
    askOnly: async (names) => {
      const { peers = [], from = null } = known ?? {};
      const some = peers.filter(({ name }) => names.includes(name));
      return askPeers(some, { ask: parts.ask, port: parts.port, from, brief: true });
    },
    get sightings() {
      return memory.sightings;
    },
    turns,
    askingAgain: turns,
    saying,
    sleep: time.sleep,
  };
}

type Known = { readonly me: string; readonly from: string | null; readonly peers: readonly Peer[] };

function knownIn({ nodes, workers }: Cluster, me: string): Known {
  const all = [...nodes, ...workers].map(({ name, address }) => ({ name, address }));
  const from = all.find(({ name }) => name === me)?.address ?? null;
  return { me, from, peers: all.filter(({ name }) => name !== me) };
}

function waitedIn(bytes: Uint8Array | null): Waited | null {
  if (bytes === null) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Waited;
  } catch {
    // A torn one: it waits anew.
    return null;
  }
}
