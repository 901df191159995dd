import * as z from 'zod';
import { pathShapeProblem } from './desired/paths.ts';
import { matching, strict, text, wants } from './desired/schema.ts';

/** `verify` in agent.yaml: whose signature a commit must carry. */

const VERIFY_HOW =
  'Write verify: { allowedSigners: /etc/holdfast/allowed_signers }, or openpgpKeys, or both; or leave it out.';
const MODE_HOW =
  'Write head (the newest commit must be signed) or every (so must all commits since the last accepted one).';
const COMMIT_HOW = 'Write all forty digits of its name, as "git rev-parse HEAD" prints them.';

const file = (what: string, example: string) =>
  text('a path', `Write the absolute path of ${what}, as in ${example}.`, pathShapeProblem);

export const verify = strict(
  {
    mode: z
      .enum(['head', 'every'], wants('a mode', MODE_HOW))
      .default('head')
      .describe('head: the newest commit must be signed; every: all commits since the last accepted one.'),
    allowedSigners: file('the allowed signers', '/etc/holdfast/allowed_signers')
      .optional()
      .describe('Who may sign with which SSH key: ssh-keygen(1), ALLOWED SIGNERS.'),
    revocationFile: file('the revoked SSH keys', '/etc/holdfast/revoked_signers')
      .optional()
      .describe('SSH keys that are no longer good: a list of public keys, or a KRL of ssh-keygen.'),
    openpgpKeys: file('the OpenPGP keys', '/etc/holdfast/openpgp')
      .optional()
      .describe('Exported OpenPGP public keys that may sign: a file, or a folder of files.'),
    commit: text(
      'a commit',
      COMMIT_HOW,
      matching(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'the whole name of a commit', COMMIT_HOW),
    )
      .optional()
      .describe('Where a host begins that has accepted no commit yet. It is taken as it is.'),
  },
  VERIFY_HOW,
).superRefine(({ allowedSigners, openpgpKeys, revocationFile }, context) => {
  const say = (message: string, path: readonly string[] = []): void =>
    context.addIssue({ code: 'custom', message, path: [...path] });
  if (allowedSigners === undefined && openpgpKeys === undefined)
    say(`names nobody who may sign, so that no commit could ever be applied. ${VERIFY_HOW}`);
  if (revocationFile !== undefined && allowedSigners === undefined)
    say(
      'is for SSH keys, and no allowedSigners are named. Add them, or leave this out: an OpenPGP key is revoked in its own export.',
      ['revocationFile'],
    );
});
