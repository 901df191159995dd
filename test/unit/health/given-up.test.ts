import { describe, expect, test } from 'vitest';
import { checksFor, healthFacts, type HealthFacts } from '../../../agent/health/checks-for.ts';
import type { Health } from '../../../agent/health/health.ts';
import { withoutVip } from '../../../agent/health/without-vip.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import { fakeTime } from './fake-time.ts';
import { HERE } from './probes.ts';

/** Which checks count after `holdfast release`: what this host no longer does for the cluster is asked of nobody. */

const unit = (running: boolean) => ({ enabled: true, running, hold: null });
const plan = (changes: Readonly<Record<string, unknown>>, more: object = {}): Plan =>
  ({
    of: { ...HERE, resources: [] },
    waiting: [],
    refused: [],
    steps: [{ do: 'refresh', unit: 'haproxy.service', action: 'reload' }],
    changes: Object.entries(changes).map(([id, to]) => ({ id, to, why: 'left' })),
    ...more,
  }) as unknown as Plan;
const ids = (facts: HealthFacts): readonly string[] => checksFor(facts, fakeTime().clock).map(({ id }) => id);

const FRESH = { 'unit[keepalived.service]': unit(false), 'file[/etc/haproxy/haproxy.cfg]': null };
const VIP_CHECKS = ['https[10.1.233.1:6443]/answers', 'https[10.1.233.1:6443]/name'];

describe('after a release', () => {
  test('a host that had no part in the virtual IP before is not asked for one', () => {
    expect(ids(healthFacts(plan(FRESH)))).toEqual([
      ...VIP_CHECKS,
      'apiserver[10.1.1.1:6443]',
      'vip[10.1.233.1]/alone',
      'unit[haproxy.service]',
    ]);
  });

  test('a host that balanced with nginx is not asked for a load balancer either', () => {
    const nginx = { 'unit[keepalived.service]': unit(false), 'file[/etc/nginx/nginx.conf]': null };
    expect(ids(healthFacts(plan(nginx)))).toEqual(ids(healthFacts(plan(FRESH))));
  });

  test('a hand-made node, whose keepalived goes on, must still be one', () => {
    const hand = { 'unit[keepalived.service]': unit(true), 'file[/etc/keepalived/keepalived.conf]': null };
    const found = ids(healthFacts(plan(hand)));
    for (const id of ['vrrp[10.1.233.1]', 'vip[10.1.233.1]/here', 'unit[keepalived.service]'])
      expect(found).toContain(id);
  });

  test('a commit that takes the same out of the repository is judged by all that was well', () => {
    const of = { ...HERE, resources: [{ id: 'file[/etc/motd]', spec: {} }] };
    const found = ids(healthFacts(plan(FRESH, { of })));
    for (const id of ['https[127.0.0.1:7443]', 'vrrp[10.1.233.1]', 'vip[10.1.233.1]/here'])
      expect(found).toContain(id);
  });

  test('the virtual IP counts, unless somebody has said that it may go', async () => {
    const facts = healthFacts(plan(FRESH));
    const look = async (): Promise<never> => ({ facts }) as never;
    const before = await withoutVip({ look } as unknown as Health).look(plan(FRESH));
    expect(ids(before.facts)).toEqual(['apiserver[10.1.1.1:6443]', 'unit[haproxy.service]']);
  });

  test('the same is asked after a restart of the agent, from what the journal holds', () => {
    const facts = healthFacts(plan(FRESH));
    expect(ids(JSON.parse(JSON.stringify(facts)) as HealthFacts)).toEqual(ids(facts));
  });
});
