import { describe, expect, test } from 'vitest';
import { lastHolder } from '../../../agent/fleet/last-holder.ts';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import type { Opened } from '../../../agent/host/probes.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import { HERE, VIP } from '../health/probes.ts';

/** Whether anybody would have the virtual IP once this host is released. pi-1 holds it; pi-2 is the only other node. */

type World = {
  readonly addresses?: readonly string[];
  readonly api?: Opened;
  readonly peer?: Partial<PeerAnswer>;
  readonly keepalivedRunsAfter?: boolean;
};
function asked({ addresses = [VIP], api = 'open', peer, keepalivedRunsAfter = false }: World) {
  const to = { enabled: true, running: keepalivedRunsAfter, hold: null };
  const plan = { of: { ...HERE, resources: [] }, changes: [{ id: 'unit[keepalived.service]', to }] };
  return lastHolder(plan as unknown as Plan, {
    probes: { addresses: () => new Map([['eth0', addresses]]), tcp: async () => api },
    ask: async () => new Map(peer === undefined ? [] : [['pi-2', peer as PeerAnswer]]),
  });
}
const SHUT: Opened = { failed: 'connection refused' };

describe('the holder of the virtual IP', () => {
  test('may go where another node has an API server that answers', async () => {
    expect(await asked({})).toBeNull();
    expect(await asked({ peer: { unreachable: 'no answer within 2 s' } })).toBeNull();
  });

  test('is the last one where no other API server answers, and says of each why', async () => {
    expect(await asked({ api: SHUT })).toEqual([
      'the API server of pi-2 does not answer (connection refused)',
    ]);
  });

  test('is the last one where the others were released', async () => {
    expect(await asked({ peer: { outcome: 'released' } })).toEqual(['pi-2 was released']);
  });
});

test('a host that does not have it, or goes on with keepalived, takes nothing away', async () => {
  expect(await asked({ api: SHUT, addresses: ['10.1.1.1'] })).toBeNull();
  expect(await asked({ api: SHUT, keepalivedRunsAfter: true })).toBeNull();
});
