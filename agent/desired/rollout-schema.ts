import * as z from 'zod';
import { nodeName } from './names.ts';
import { duration, mistake, oneOf, strict, truth, wants } from './schema.ts';

/** `rollout` of cluster.yaml. */

const AT_HOW = 'Write date, time and zone, as in "2025-06-01T03:00:00+02:00".';
/** RFC 3339: without a zone, three hosts could mean three moments. */
const at = z.string(wants('a time', AT_HOW)).transform((value, context) => {
  const ms = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  context.addIssue({ code: 'custom', message: mistake(value, 'a time with its zone', AT_HOW) });
  return z.NEVER;
});

export const rolloutSection = strict(
  {
    settle: duration('10s')
      .prefault('10s')
      .describe('How long a host must stay healthy before the next one changes.'),
    order: z
      .array(nodeName, wants('a list of node names', 'Write the nodes in the order in which they change.'))
      .optional()
      .describe('The order in which hosts change. Default: lowest priority first, MASTER last.'),
    unreachable: duration('10m')
      .prefault('10m')
      .describe('How long to wait for a host that does not answer.'),
    strategy: oneOf(['turns', 'together'])
      .default('turns')
      .describe(
        'turns: one host after the other. together: every host as soon as it has fetched the commit.',
      ),
    at: at
      .optional()
      .describe(
        'The moment at which all hosts change, with its zone: for a commit that changes what all must agree on.',
      ),
    allowMassRemoval: truth('Write true for the one commit that removes much.')
      .default(false)
      .describe('true lets a commit remove more than half of the managed resources.'),
  },
  'Remove "rollout" to take the defaults.',
)
  .prefault({})
  .describe('How a commit reaches the hosts.');
