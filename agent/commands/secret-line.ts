import type { Command } from 'commander';
import type { RecipientOptions } from './secret-recipients.ts';
import type { IdentityOptions } from './secret-identity.ts';
import type { SecretOptions, SetOptions, UnlockingOptions } from './secret-folder.ts';
import { CONFIG, type Chosen, type Verb } from './verb.ts';

const DIR = ['--dir <DIR>', 'the state repository (default: the folder that this is called in)'] as const;
const IDENTITY = ['--identity <FILE>', 'the private key (default: /etc/holdfast/age.key)'] as const;

/** `holdfast secret …`: what may be typed about secrets. */
export function aboutSecrets(verb: Verb, chosen: Chosen): void {
  const secret = verb(
    'secret',
    'secrets of the state repository, encrypted to those who need them',
    'holdfast secret set vrrp',
  );
  const sub = (usage: string, description: string): Command =>
    secret.command(usage).description(description).exitOverride();
  sub('set <name>', 'encrypt a secret, from standard input or typed unseen, to all who need it')
    .option('--for <HOSTS>', 'only these hosts (and the admins), as in node-1,node-2; or "all" again')
    .option(...DIR)
    .action((name: string, options: SetOptions) =>
      chosen(async (e) => (await import('./secret-set.ts')).secretSetCommand(name, options, e)),
    );
  sub('list', 'the secrets, who can read each, and which are stale')
    .option(...DIR)
    .option('--json', 'answer as JSON')
    .action((options: SecretOptions) =>
      chosen(async (e) => (await import('./secret-list.ts')).secretListCommand(options, e)),
    );
  sub('rotate', "encrypt all secrets anew, to today's recipients; needs a key that can read them")
    .option(...DIR)
    .option(...IDENTITY)
    .option(...CONFIG)
    .action((options: UnlockingOptions) =>
      chosen(async (e) => (await import('./secret-rotate.ts')).secretRotateCommand(options, e)),
    );
  sub('identity', "make this host's private key if it has none, and print its public half")
    .option('--new', 'make another one; the older stays beside it, to read what is encrypted to it')
    .option(...IDENTITY)
    .option(...CONFIG)
    .action((options: IdentityOptions) =>
      chosen(async (e) => (await import('./secret-identity.ts')).secretIdentityCommand(options, e)),
    );
  aboutRecipients(secret, chosen);
}

function aboutRecipients(secret: Command, chosen: Chosen): void {
  const recipients = secret.command('recipients').description('whom secrets are encrypted to').exitOverride();
  recipients
    .command('add <name> <key>')
    .description('a host of cluster.yaml, or with --admin a person who may read all secrets')
    .option('--admin', 'a person')
    .option(...DIR)
    .exitOverride()
    .action((name: string, key: string, options: RecipientOptions) =>
      chosen(async (e) => (await import('./secret-recipients.ts')).recipientsAdd(name, key, options, e)),
    );
  recipients
    .command('remove <name>')
    .description('a host or a person who shall read no secret from now on')
    .option(...DIR)
    .exitOverride()
    .action((name: string, options: RecipientOptions) =>
      chosen(async (e) => (await import('./secret-recipients.ts')).recipientsRemove(name, options, e)),
    );
}
