import { describe, expect, it } from 'vitest';
import type { UnitFact } from '../../../agent/health/live-fact.ts';
import { liveFacts } from '../../../agent/health/live-facts.ts';
import { proveNginx } from '../../../agent/health/live-nginx.ts';
import type { NginxAnswer } from '../../../agent/host/probes.ts';
import { inShort } from './proof.ts';
import { ACTIVE, HERE, probesOf } from './probes.ts';

const fact = (nginxWorkers: UnitFact['nginxWorkers']): UnitFact => ({
  unit: 'nginx.service',
  did: 'reload',
  invocation: 'one',
  restarts: 0,
  haproxyReloads: null,
  keepalived: null,
  ...(nginxWorkers === undefined ? {} : { nginxWorkers }),
});

describe('a reload of nginx', () => {
  const before = ['71/10', '72/10'];
  const stays =
    'waiting: no new worker runs, so the old configuration goes on although systemd says that the reload worked (see /var/log/nginx/error.log)';
  it.each<[string, UnitFact, NginxAnswer, string]>([
    ['worked', fact(before), { workers: ['91/55', '92/55'] }, 'live'],
    [
      'worked, and an old worker has not stopped listening yet',
      fact(before),
      { workers: ['72/10', '91/55'] },
      'live',
    ],
    ['gave a new worker the number of an old one', fact(before), { workers: ['71/55'] }, 'live'],
    ['failed although systemd says it worked', fact(before), { workers: before }, stays],
    ['has started no worker yet', fact(before), { workers: [] }, stays],
    [
      'leaves nobody to look at',
      fact(before),
      { down: 'nginx.service is failed' },
      'waiting: nginx.service is failed',
    ],
    [
      'was not looked at before',
      fact(null),
      { workers: before },
      'live, unproven: its workers could not be seen before the reload',
    ],
    [
      "of an older release's journal",
      fact(undefined),
      { workers: before },
      'live, unproven: its workers could not be seen before the reload',
    ],
  ])('%s', (_, was, now, expected) => {
    expect(inShort(proveNginx(was, now))).toBe(expected);
  });

  it('is told from its workers before', async () => {
    const plan = {
      changes: [],
      steps: [{ do: 'refresh', unit: 'nginx.service', action: 'reload' }],
    } as unknown as Parameters<typeof liveFacts>[0];
    const probes = probesOf({ units: { 'nginx.service': ACTIVE }, nginx: async () => ({ workers: before }) });
    expect(await liveFacts(plan, probes, HERE)).toMatchObject([
      { unit: 'nginx.service', nginxWorkers: before },
    ]);
  });
});
