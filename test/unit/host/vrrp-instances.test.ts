import { expect, it } from 'vitest';
import { instancesIn } from '../../../agent/host/vrrp-instances.ts';

/** As keepalived 2.3.3 writes it, shortened. */
const INSTANCE = {
  data: {
    iname: 'VI_1',
    last_transition: 1795395168.097493,
    vrid: 51,
    base_priority: 100,
    effective_priority: 90,
    state: 2,
    wantstate: 2,
    vips: ['10.1.233.1 dev eth0 scope global label eth0:vip set', '10.1.233.2/24 dev eth0'],
    auth_type: 1,
    auth_data: 'changeme',
  },
  stats: { advert_rcvd: 0 },
};
const READ = {
  name: 'VI_1',
  state: 'MASTER',
  routerId: 51,
  priority: 100,
  addresses: ['10.1.233.1', '10.1.233.2'],
  lastTransition: 1795395168.097493,
};

it('reads both versions of the dump, and leaves the password behind', () => {
  expect(instancesIn(JSON.stringify([INSTANCE]))).toEqual([READ]);
  expect(instancesIn(JSON.stringify({ vrrp: [INSTANCE], track_process: [] }))).toEqual([READ]);
});

it.each([
  [0, 'INIT'],
  [1, 'BACKUP'],
  [2, 'MASTER'],
  [3, 'FAULT'],
  [9, 'unknown'],
])('knows state %i as %s', (state, name) => {
  const [read] = instancesIn(JSON.stringify([{ data: { ...INSTANCE.data, state } }])) ?? [];
  expect(read?.state).toBe(name);
});

it('waits for the rest of a dump that is still being written', () => {
  const whole = JSON.stringify([INSTANCE]);
  for (let length = 0; length < whole.length; length += 7)
    expect(instancesIn(whole.slice(0, length))).toBeNull();
});
