import * as z from 'zod';
import { splitCommandLine } from './command-line.ts';
import { accountName, resourceIds, unitName } from './names.ts';
import { pathShapeProblem, repositoryPathProblem } from './paths.ts';
import { isTemplate, mistake, oneOrMore, show, strict, text, truth } from './schema.ts';
import { secretName } from './secret-name.ts';

/** An entry of `files`. Layers may each give some of its fields, so what must be there is judged after merging. */

/** Where a file's bytes come from: a later layer that gives one of these replaces those of earlier layers. */
export const ORIGINS = ['template', 'content', 'source', 'secret', 'absent'] as const;

/** `secret: true` says of the bytes what they are; `secret: NAME` says where they come from. */
export const saysWhence = (
  entry: Readonly<Record<string, unknown>>,
  origin: (typeof ORIGINS)[number],
): boolean => entry[origin] !== undefined && (origin !== 'secret' || typeof entry[origin] === 'string');

const MODE_HOW = 'Write four octal digits in quotes, as in "0644".';
const mode = z
  .string({
    error: ({ input }) =>
      typeof input === 'number'
        ? `without quotes YAML reads this as the number ${input}, not as octal digits. ${MODE_HOW}`
        : mistake(input, 'a mode', MODE_HOW),
  })
  .superRefine((value, context) => {
    if (!isTemplate(value) && !/^[0-7]{3,4}$/.test(value))
      context.addIssue({ code: 'custom', message: mistake(value, 'a mode', MODE_HOW) });
  })
  .describe('Permission bits as octal digits in quotes. Default "0644".');

const VALIDATE_HOW = 'Write a command with {file} in it, as in "haproxy -c -f {file}".';
const validator = text('a command', VALIDATE_HOW, (line) => {
  const split = splitCommandLine(line);
  if ('problem' in split) return split.problem;
  if (split.argv.length === 0) return `is empty. ${VALIDATE_HOW}`;
  return split.argv.some((word) => word.includes('{file}'))
    ? null
    : `${show(line)} does not name the file that it shall check. ${VALIDATE_HOW}`;
});

const NOTIFY_HOW = 'Write { reload: haproxy.service } or { restart: haproxy.service }, or a list of these.';
export const notices = strict(
  {
    reload: unitName.optional().describe('Reload this unit when the file changes.'),
    restart: unitName.optional().describe('Restart this unit when the file changes.'),
  },
  NOTIFY_HOW,
).superRefine((value, context) => {
  if ((value.reload === undefined) === (value.restart === undefined))
    context.addIssue({ code: 'custom', message: `needs reload or restart, one of the two. ${NOTIFY_HOW}` });
});

const repositoryFile = (example: string) =>
  text('the name of a file', `Name a file under files/, as in ${example}.`, repositoryPathProblem);

const COMMENT_HOW =
  'Write what begins a comment in this file, as in "#"; or header: false for no first line.';

const SECRET_HOW =
  'Write true to keep the content out of logs and plans, or the name of a secret, as in tls-key.';
export const fileEntry = strict(
  {
    template: repositoryFile('haproxy.cfg.eta').optional().describe('A template under files/.'),
    content: text('a text', 'Write the text itself, in a block after "|".')
      .optional()
      .describe('The text itself. It is a template where it holds <% %>.'),
    source: repositoryFile('motd').optional().describe('A file under files/, copied byte for byte.'),
    absent: z
      .literal(true, { error: ({ input }) => mistake(input, 'true', 'Write absent: true, or remove it.') })
      .optional()
      .describe('The file shall not exist.'),
    mode: mode.optional(),
    owner: accountName('a user').optional().describe('The owner, by name. Default root.'),
    group: accountName('a group').optional().describe('The group, by name. Default root.'),
    validate: oneOrMore(validator, 'a command', VALIDATE_HOW)
      .optional()
      .describe(
        'Commands that must exit 0 before anything is written; {file} stands for a copy. No shell runs them.',
      ),
    notify: oneOrMore(notices, 'what to notify', NOTIFY_HOW)
      .optional()
      .describe('Units to reload or restart when the file changes.'),
    requires: resourceIds.optional(),
    waitFor: oneOrMore(
      text('a path', 'Write an absolute path.', pathShapeProblem),
      'a path',
      'Write an absolute path, or a list of them.',
    )
      .optional()
      .describe('Paths that something else makes: until they exist, this file waits.'),
    secret: z
      .union([z.boolean(), secretName], { error: `is no such thing. ${SECRET_HOW}` })
      .optional()
      .describe(
        'The name of a secret under secrets/, which is the content byte for byte. Or true: keeps the content out of logs and plans, and demands a mode that shuts others out.',
      ),
    header: truth('Write header: false for no first line.')
      .optional()
      .describe('false leaves out the first line that says who writes the file.'),
    comment: text('the beginning of a comment', COMMENT_HOW, (value) =>
      value.trim() === '' || /[\r\n]/.test(value) ? `is no comment. ${COMMENT_HOW}` : null,
    )
      .optional()
      .describe('What begins a comment in this file. Default "#".'),
  },
  'Write { template: NAME }, { content: TEXT }, { source: NAME } or { secret: NAME }; null takes the file out.',
).superRefine((value, context) => {
  const given = ORIGINS.filter((origin) => saysWhence(value, origin));
  if (given.length > 1)
    context.addIssue({ code: 'custom', message: `says ${given.join(' and ')} at once. Keep one of them.` });
});
export type FileEntry = z.output<typeof fileEntry>;
export type Notice = z.output<typeof notices>;
