import { Command } from 'commander';
import { byHand } from './by-hand.ts';
import type { ConfigOptions } from './config.ts';
import type { CommonOptions } from './environment.ts';
import type { FleetOptions } from './fleet.ts';
import type { RecoverOptions } from './recover.ts';
import { aboutSecrets } from './secret-line.ts';
import { common, CONFIG, type Chosen, type Verb } from './verb.ts';

const EXIT_CODES = `
Exit codes:
  0   done, or nothing to do          4   this host is not in the cluster
  1   failed, or taken back           5   nothing was changed: paused, or held
  2   plan: there are changes         64  wrong usage
  3   the newest commit is refused    75  somebody else holds the lock

Logs: journalctl -u holdfast`;

/**
 * What may be typed, and what it means. Every command is imported when it is called, so that \`holdfast status\` does
 * not pay for Git and templates.
 */
export function commandLine(release: string, chosen: Chosen): Command {
  const program = new Command('holdfast')
    .description('Keeps this host in the state that its owner committed to Git.')
    .version(release, '-V, --version')
    .helpCommand('help [command]', 'how to use a command')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError()
    .exitOverride();
  const verb: Verb = (usage, description, example) =>
    program
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExample:\n  ${example}`)
      .exitOverride();
  onThisHost(verb, chosen);
  aboutTheFleet(verb, chosen);
  byHand(verb, chosen);
  aboutARepository(verb, chosen);
  aboutSecrets(verb, chosen);
  return program;
}

const FROM = ['--from <DIR>', 'take the desired state from a directory instead of Git'] as const;

function onThisHost(verb: Verb, chosen: Chosen): void {
  verb('run', 'the daemon: converge on the schedule of agent.yaml', 'systemctl start holdfast')
    .option(...CONFIG)
    .action((options: CommonOptions) =>
      chosen(async (e) => (await import('./run.ts')).runCommand(options, e)),
    );
  verb(
    'recover',
    'take back a change that was interrupted, before the daemons start',
    'systemctl start holdfast-recover',
  )
    .requiredOption('--boot', 'said by holdfast-recover.service: nothing is started or reloaded')
    .option('--agree', 'said by holdfast-agree.service: whether keepalived may start')
    .option(...CONFIG)
    .action((options: RecoverOptions) =>
      chosen(async (e) => (await import('./recover.ts')).recoverCommand(options, e)),
    );
  common(verb('converge', 'one cycle now', 'sudo holdfast converge --dry-run'))
    .option('--dry-run', 'show what would change, and change nothing')
    .option(...FROM)
    .action((options: CommonOptions) =>
      chosen(async (e) => (await import('./converge.ts')).convergeCommand(options, e)),
    );
  common(
    verb('plan', 'what the next cycle would change: exit 0 nothing, 2 changes', 'sudo holdfast plan --json'),
  )
    .option(...FROM)
    .action((options: CommonOptions) =>
      chosen(async (e) => (await import('./plan.ts')).planCommand(options, e)),
    );
  common(verb('status', 'role, commit in force, what is refused or waits', 'sudo holdfast status')).action(
    (options: CommonOptions) => chosen(async (e) => (await import('./status.ts')).statusCommand(options, e)),
  );
  common(verb('why', 'the whole story in sentences', 'sudo holdfast why')).action((options: CommonOptions) =>
    chosen(async (e) => (await import('./status.ts')).whyCommand(options, e)),
  );
  common(verb('history', 'the last changes, and how each of them ended', 'sudo holdfast history')).action(
    (options: CommonOptions) =>
      chosen(async (e) => (await import('./history.ts')).historyCommand(options, e)),
  );
  common(verb('config', 'agent.yaml as it is understood: every value, defaults too', 'sudo holdfast config'))
    .option('--with <FILE>', 'print agent.yaml with the values of this file put in, and all else as it is')
    .action((options: ConfigOptions) =>
      chosen(async (e) => (await import('./config.ts')).configCommand(options, e)),
    );
}

function aboutTheFleet(verb: Verb, chosen: Chosen): void {
  verb('fleet', 'all hosts of the cluster, and who waits for whom', 'sudo holdfast fleet --watch')
    .option(...CONFIG)
    .option('--json', 'answer as JSON')
    .option('--watch', 'look again every 2 s, until Ctrl-C')
    .action((options: FleetOptions) =>
      chosen(async (e) => (await import('./fleet.ts')).fleetCommand(options, e)),
    );
}

function aboutARepository(verb: Verb, chosen: Chosen): void {
  verb(
    'validate [dir]',
    'check a state repository: every host, every file, the cluster as a whole',
    'holdfast validate .',
  )
    .option('--json', 'answer as JSON')
    .action((dir: string | undefined, options: CommonOptions) =>
      chosen(async (e) => (await import('./validate.ts')).validateCommand(dir ?? '.', options, e)),
    );
  verb(
    'render <dir>',
    'write the files that one host would get',
    'holdfast render . --host kubernetes-node-1 --out /tmp/node-1',
  )
    .requiredOption('--host <NAME>', 'a host of cluster.yaml')
    .requiredOption('--out <DIR>', 'where to write them')
    .option(...CONFIG)
    .option('--json', 'answer as JSON')
    .action((dir: string, options: CommonOptions & { readonly host: string; readonly out: string }) =>
      chosen(async (e) => (await import('./render.ts')).renderCommand(dir, options, e)),
    );
}
