import type { Cluster } from '../desired/cluster.ts';
import type { Time } from '../health/check.ts';
import type { StateDirectory } from '../host/host.ts';
import type { Ask } from '../host/status-asker.ts';
import { askPeers, type Peer, type PeerAnswers } from './peers.ts';
import { recallSightings, runtimeText, durableText } from './remembered.ts';
import type { Saying } from './saying.ts';
import { remember, type Sightings } from './sightings.ts';
import { openTurns, type Exchange, type Turns } from './turns.ts';
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
  readonly turns: Turns;
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

/** Names in the state directory (it outlives a reboot) and in the runtime directory (it does not). */
const DURABLE = 'fleet.json';
const RUNTIME = 'fleet.json';
const WAITED = 'waited.json';

/** The other hosts over their status endpoints. */
export function openFleet(parts: FleetParts): Fleet {
  const { time, runtime, saying } = parts;
  const memory = new Memory(parts);
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
  return {
    know: (cluster, me) => {
      known = knownIn(cluster, me);
      told(cluster);
    },
    onKnown: (act) => void (told = act),
    look,
    ask: () => ask(false),
    get sightings() {
      return memory.sightings;
    },
    turns: openTurns(turnExchange, time),
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

/** `null`: one of the two is torn. */
function recalledFrom(durable: string | null, silent: string | null): Sightings | null {
  try {
    return recallSightings(durable, silent);
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** Sightings, with their part on disk. */
class Memory {
  readonly #parts: Pick<FleetParts, 'state' | 'runtime'>;
  #sightings: Sightings = new Map();
  #recalled: Promise<void> | null = null;
  #written = { durable: '', runtime: '' };
  constructor(parts: Pick<FleetParts, 'state' | 'runtime'>) {
    this.#parts = parts;
  }
  get sightings(): Sightings {
    return this.#sightings;
  }
  recalled(): Promise<void> {
    this.#recalled ??= this.#recall().catch((cause: unknown) => {
      // A disk that could not be read once is read again at the next look.
      this.#recalled = null;
      throw cause;
    });
    return this.#recalled;
  }
  async #recall(): Promise<void> {
    const { state, runtime } = this.#parts;
    const text = (bytes: Uint8Array | null): string | null =>
      bytes === null ? null : new TextDecoder().decode(bytes);
    const durable = text(await state.read(DURABLE));
    const silent = text(await runtime.read(RUNTIME).catch(() => null));
    // A torn record of this boot does not take the durable one with it: who was applying a commit when it went silent.
    this.#sightings = recalledFrom(durable, silent) ?? recalledFrom(durable, null) ?? new Map();
  }
  async keep(look: Parameters<typeof remember>[1], me: string): Promise<void> {
    this.#sightings = remember(this.#sightings, look, me);
    const { state, runtime } = this.#parts;
    const durable = durableText(this.#sightings);
    const silent = runtimeText(this.#sightings);
    if (durable !== this.#written.durable) await state.replace(DURABLE, durable);
    if (silent !== this.#written.runtime) await runtime.replace(RUNTIME, silent).catch(() => undefined);
    this.#written = { durable, runtime: silent };
  }
}
