import type { Clock, Host, StateDirectory } from '../host/host.ts';
import type { Health } from '../health/health.ts';
import type { Step } from '../plan/change.ts';
import type { Kinds } from '../resources/kind.ts';
import type { BlobStore } from './blobs.ts';
import type { HandOverTools } from './hand-over-tools.ts';
import type { Together } from './together.ts';

/** What a transaction works with, from its first line in the journal to the last. */
export type Transacting = {
  readonly kinds: Kinds;
  readonly host: Host;
  readonly state: StateDirectory;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** `null`: an image at rest, where nothing answers. */
  readonly health: Health | null;
  /** `null`: an image at rest, where nothing is held. */
  readonly handOver: HandOverTools | null;
  /** Left out: there are no other hosts to ask. */
  readonly together?: Together;
  /** Of this boot: deadlines are void after it. */
  readonly bootId: () => Promise<string>;
  /** The agent is to end: what is being verified is left to its next start. */
  readonly stopping: AbortSignal;
  readonly announce: (step: Step) => void;
  /** What goes on while it takes its time, as a sentence. */
  readonly progress: (sentence: string) => void;
};
