import * as z from 'zod';
import { unitName } from './names.ts';
import { pathShapeProblem } from './paths.ts';
import {
  duration,
  integer,
  mapOf,
  matching,
  mistake,
  oneOf,
  oneOrMore,
  strict,
  text,
  truth,
} from './schema.ts';

/** `health` of cluster.yaml. It is read and kept; the checks themselves come with the health gate. */

const KINDS = ['http', 'tcp', 'unit', 'command'] as const;
const HOW = 'Write one of { http: URL }, { tcp: HOST:PORT }, { unit: NAME } or { command: COMMAND }.';

const tcp = text(
  'HOST:PORT',
  'Write it as in 10.1.1.1:53.',
  matching(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):([1-9]\d{0,4})$/, 'HOST:PORT', 'Write it as in 10.1.1.1:53.'),
);
const http = text('a URL', 'Write it as in https://10.1.1.1:8443/ping.', (value) =>
  /^https?:\/\/[^\s/]+/.test(value)
    ? null
    : mistake(value, 'a URL', 'Write it as in https://10.1.1.1:8443/ping.'),
);
const commandWord = text('a command', 'Write a command line, as in /usr/local/bin/check-dns.');

const check = strict(
  {
    http: http.optional().describe('Healthy when this URL answers with 2xx.'),
    tcp: tcp.optional().describe('Healthy when a connection to HOST:PORT opens.'),
    unit: unitName.optional().describe('Healthy while this systemd unit is active.'),
    command: oneOrMore(commandWord, 'a command', 'Write a command line, or a list of its words.')
      .optional()
      .describe('Healthy when this command exits 0. A command line, or a list of its words.'),
  },
  HOW,
).superRefine((value, context) => {
  const given = KINDS.filter((kind) => value[kind] !== undefined);
  if (given.length !== 1)
    context.addIssue({
      code: 'custom',
      message:
        given.length === 0
          ? `says nothing to check. ${HOW}`
          : `says ${given.join(' and ')} at once. Make two checks of it.`,
    });
});

export const healthSection = strict(
  {
    within: duration('60s').prefault('60s').describe('How long after a change the checks may take to pass.'),
    consecutive: integer(1, 100, 'Write how many passes in a row count as well.')
      .default(3)
      .describe('How many passes in a row count as well.'),
    ca: text('a path', "Write the path of the cluster's CA on the host.", pathShapeProblem)
      .default('/etc/kubernetes/pki/ca.crt')
      .describe(
        "The cluster's CA certificate on the host, which the API server's certificate is verified with.",
      ),
    baseline: oneOf(['excused', 'strict'])
      .default('excused')
      .describe('excused: what was unwell before a change need not pass after it. strict: it must.'),
    insecure: truth('Write true to skip verifying the certificate of the API server.')
      .default(false)
      .describe("true skips verifying the API server's certificate. Only for a laboratory."),
    checks: mapOf(z.string(), check, 'Write one line a check, as in dns: { tcp: 10.1.1.1:53 }.')
      .default({})
      .describe('Checks of your own, by name.'),
  },
  'Remove "health" to take the defaults.',
)
  .prefault({})
  .describe('How a change is judged.');
