import * as z from 'zod';
import { addressOf } from './host/git-remote.ts';
import { pathShapeProblem } from './desired/paths.ts';
import { duration, integer, matching, strict, text, wants } from './desired/schema.ts';
import { scheduleProblem } from './schedule-problem.ts';
import { verify } from './verify-schema.ts';

/** /etc/holdfast/agent.yaml: what a host must know before it has read any repository. */

const URL_HOW =
  'Write it as in git@git.home:state.git, ssh://git@git.home/state.git, https://git.home/state.git or /srv/state.git.';
/** The address is never quoted: it may hold a token. */
const url = z
  .string({
    error: ({ input }) =>
      input === undefined ? `is missing. ${URL_HOW}` : `is not a Git address. ${URL_HOW}`,
  })
  .superRefine((value, context) => {
    const message = urlProblem(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

function urlProblem(value: string): string | null {
  if (/^(http|git):/i.test(value))
    return 'what comes this way is not protected: whoever sits between would be root on this host. Use SSH or https.';
  if (value === '' || /\s/.test(value) || value.startsWith('-')) return `is not a Git address. ${URL_HOW}`;
  const { transport, host } = addressOf(value);
  if (transport === 'other') return `Git is not allowed this kind of address. ${URL_HOW}`;
  if (transport === 'file')
    return /^(file:\/\/)?\//i.test(value) ? null : `is neither an address nor an absolute path. ${URL_HOW}`;
  return host === null || host === '' ? `names no host. ${URL_HOW}` : null;
}

const hostFile = (what: string, example: string) =>
  text('a path', `Write the absolute path of ${what}, as in ${example}.`, pathShapeProblem);

const BRANCH_HOW = 'Write the name of a branch, as in main.';
const REPOSITORY_HOW = 'Write repository: { url: "git@git.home:state.git" }.';
const repository = strict(
  {
    url: url.describe('The state repository: SSH, https, or an absolute path.'),
    branch: z
      .string(wants('a branch', BRANCH_HOW))
      // git-check-ref-format(1), as far as a mistake would go unnoticed.
      .regex(/^(?![-/.])(?!.*(\.\.|\/\/|@\{|\.lock$|[/.]$))[^\s~^:?*[\\]+$/, wants('a branch', BRANCH_HOW))
      .default('main')
      .describe('The branch to follow.'),
    path: z
      .string(wants('a folder', 'Write a folder of the repository, as in clusters/home.'))
      .superRefine((value, context) => {
        if (value.startsWith('/') || value.split('/').includes('..'))
          context.addIssue({
            code: 'custom',
            message:
              "is not a folder of the repository. Write it from the repository's root, as in clusters/home.",
          });
      })
      .default('.')
      .describe('The folder of the repository that holds cluster.yaml.'),
    sshKey: hostFile('the deploy key', '/etc/holdfast/deploy_key')
      .optional()
      .describe("The private key for SSH. Without it, root's own."),
    knownHosts: hostFile("a file with the Git server's host key", '/etc/holdfast/known_hosts')
      .optional()
      .describe("The Git server's host key, in the format of known_hosts."),
    caFile: hostFile('the CA', '/etc/holdfast/git-ca.crt')
      .optional()
      .describe('For https: the authority to trust instead of those of the system.'),
  },
  REPOSITORY_HOW,
);

const SCHEDULE_HOW = 'Write a cron expression in quotes, as in "*/30 * * * * *" for every 30 seconds.';
const LONGEST_SPLAY_MS = 10 * 60_000;
const SPLAY_HOW =
  'is more than 10 minutes. Write at most 10m: splay only keeps hosts from asking at one moment; how often they ask is said by schedule.';
const HOSTNAME_HOW = 'Write the short hostname in lower case, as in kubernetes-node-2.';
export const agentFile = strict(
  {
    repository: repository.describe('Where the desired state is.'),
    schedule: text('a schedule', SCHEDULE_HOW, (value) => scheduleProblem(value))
      .default('*/30 * * * * *')
      .describe('When to converge: a cron expression, with seconds in front if there are six fields.'),
    splay: duration('5s')
      .refine((ms) => ms <= LONGEST_SPLAY_MS, { error: SPLAY_HOW })
      .prefault('5s')
      .describe('Up to so much later, at random, so that hosts do not all ask at once.'),
    hostname: text(
      'a hostname',
      HOSTNAME_HOW,
      matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a hostname', HOSTNAME_HOW),
    )
      .optional()
      .describe("The name by which cluster.yaml knows this host. Default: the system's."),
    identity: hostFile("the host's private key", '/etc/holdfast/age.key')
      .default('/etc/holdfast/age.key')
      .describe("The host's private key of age, which opens the secrets that are for this host."),
    verify: verify.optional().describe("Whose signature a commit must carry. Without it: nobody's."),
    status: strict(
      {
        port: integer(1, 65535, 'Write a free port, as in 9463.')
          .default(9463)
          .describe('Where the status is served to the other nodes.'),
      },
      'Write status: { port: 9463 }.',
    )
      .prefault({})
      .describe('The read-only status endpoint, for the other nodes of the cluster.'),
  },
  `Begin with ${REPOSITORY_HOW.replace('Write ', '')}`,
);
export type AgentFile = z.output<typeof agentFile>;
