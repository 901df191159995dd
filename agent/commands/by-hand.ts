import type { AcceptOptions } from './accept.ts';
import type { CommonOptions } from './environment.ts';
import type { PauseOptions } from './pause.ts';
import type { ReleaseOptions } from './release.ts';
import type { RollbackOptions } from './rollback.ts';
import { common, type Chosen, type Verb } from './verb.ts';

/** What a person decides that the agent does not decide by itself. */
export function byHand(verb: Verb, chosen: Chosen): void {
  goBackAndForth(verb, chosen);
  letGo(verb, chosen);
  common(
    verb(
      'pause',
      'change nothing on this host until somebody resumes, or for a time',
      'sudo holdfast pause --reason "new switch" --for 2h',
    ),
  )
    .requiredOption('--reason <TEXT>', 'why: whoever finds this host paused reads it')
    .option('--for <TIME>', 'resume by itself after this time, as in 30s, 5m, 2h or 3d')
    .action((options: PauseOptions) =>
      chosen(async (e) => (await import('./pause.ts')).pauseCommand(options, e)),
    );
  common(verb('resume', 'end a pause', 'sudo holdfast resume')).action((options: CommonOptions) =>
    chosen(async (e) => (await import('./resume.ts')).resumeCommand(options, e)),
  );
  common(
    verb(
      'accept <commit>',
      'follow a history that was rewritten, or whose beginning nobody has signed, from this commit on',
      'sudo holdfast accept 1f2e3d4',
    ),
  )
    .option('--unsigned', 'although agent.yaml asks for a signature that this commit does not have')
    .action((commit: string, options: AcceptOptions) =>
      chosen(async (e) => (await import('./accept.ts')).acceptCommand(commit, options, e)),
    );
}

function goBackAndForth(verb: Verb, chosen: Chosen): void {
  common(
    verb(
      'rollback [generation]',
      'bring back an older desired state, checked like any change, until there is a newer commit',
      'sudo holdfast rollback --dry-run',
    ),
  )
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--while-paused', 'although this host is paused; the pause goes on afterwards')
    .action((generation: string | undefined, options: RollbackOptions) =>
      chosen(async (e) => (await import('./rollback.ts')).rollbackCommand(generation, options, e)),
    );
  common(
    verb('retry', 'try again what was taken back, and drift that kept coming back', 'sudo holdfast retry'),
  ).action((options: CommonOptions) =>
    chosen(async (e) => (await import('./retry.ts')).retryCommand(options, e)),
  );
  common(
    verb(
      'settle',
      'accept this host as it is where a change is stuck on its way back',
      'sudo holdfast settle',
    ),
  ).action((options: CommonOptions) =>
    chosen(async (e) => (await import('./settle.ts')).settleCommand(options, e)),
  );
}

function letGo(verb: Verb, chosen: Chosen): void {
  common(
    verb(
      'release',
      'put this host back as it was before Holdfast, and manage nothing on it until somebody resumes',
      'sudo holdfast release --dry-run',
    ),
  )
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--while-paused', 'although this host is paused; the pause goes on afterwards')
    .option('--interrupted', 'a change that was interrupted is brought to its end first (apt purge says it)')
    .option(
      '--yes',
      'although nobody else would have the virtual IP afterwards, or this host has another name now',
    )
    .action((options: ReleaseOptions) =>
      chosen(async (e) => (await import('./release.ts')).releaseCommand(options, e)),
    );
}
