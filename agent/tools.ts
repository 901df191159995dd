import type { Bench, Identity, StateDirectory } from './host/host.ts';
import type { TakingTurns } from './fleet/take-turn.ts';
import type { Candidate } from './desired/candidate.ts';
import type { Guard } from './plan/preflight.ts';
import type { Log } from './report/log.ts';
import type { Source } from './source/source.ts';
import type { Changing } from './transaction/change.ts';

/** Everything that a cycle works with: made once, by the command that was called; tests make their own. */
export type Tools = Changing &
  Pick<TakingTurns, 'fleet' | 'view'> & {
    readonly release: string;
    readonly bench: Bench;
    readonly guards: readonly Guard[];
    /** On a file system that is gone at the next boot: what is written every cycle must not wear an SD card out. */
    readonly runtime: StateDirectory;
    readonly source: Source;
    /** Asked anew each time: addresses come and go. */
    readonly identity: () => Identity;
    readonly log: Log;
    readonly standing?: (of: Candidate) => Promise<readonly string[]>;
    /** What planning left behind is given back before a change needs more. */
    readonly tidyMemory?: () => void;
  };
