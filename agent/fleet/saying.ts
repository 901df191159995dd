import type { Clock, StateDirectory } from '../host/host.ts';
import type { PeerStatus } from './peer-status.ts';
import type { Word } from './turns.ts';

/** What this host's status says beside what is on record. */
export type Said = { readonly word: Word; readonly staged: PeerStatus['staged'] };

/**
 * The word that goes out with this host's status. It lies in the runtime directory, because the daemon answers the
 * other hosts, and whoever converges may be a command beside it.
 */
export interface Saying {
  say(word: Word): Promise<void>;
  stage(staged: PeerStatus['staged']): Promise<void>;
  said(): Promise<Said>;
}

const FILE = 'said.json';
const NOTHING: Said = { word: null, staged: null };

/**
 * An announcement that nobody took back (a command was killed) ends by itself: what has begun is in the journal by
 * then, and a host that waits for its turn makes way much sooner.
 */
const LONGEST_MS = 180_000;

type Written = Said & { readonly atMs: number };

export function openSaying(runtime: StateDirectory, clock: Pick<Clock, 'monotonicMs'>): Saying {
  const read = async (): Promise<Said> => {
    const bytes = await runtime.read(FILE).catch(() => null);
    if (bytes === null) return NOTHING;
    try {
      const { word, staged, atMs } = JSON.parse(new TextDecoder().decode(bytes)) as Written;
      const isOld = word !== null && 'changing' in word && clock.monotonicMs() - atMs > LONGEST_MS;
      return { word: isOld ? null : word, staged };
    } catch {
      return NOTHING;
    }
  };
  const write = async (news: Partial<Said>): Promise<void> => {
    const before = await read();
    const said: Said = { ...before, ...news };
    if (JSON.stringify(before) === JSON.stringify(said) && said.word === null) return;
    const written: Written = { ...said, atMs: clock.monotonicMs() };
    await runtime.replace(FILE, JSON.stringify(written));
  };
  return {
    said: read,
    say: (word) => write({ word }),
    stage: (staged) => write({ staged }),
  };
}
