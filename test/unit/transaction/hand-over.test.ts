import { beforeEach, describe, expect, test } from 'vitest';
import type { Before } from '../../../agent/health/health.ts';
import { wantsItBack } from '../../../agent/transaction/put-right.ts';
import { file, reload, restart, unit } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { CONF, FakeHandOver } from '../../support/fake-hand-over.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** The host that holds the virtual IP restarts what it lives on: given away first, taken back after. */

const CFG = '/etc/haproxy/haproxy.cfg';
const HAPROXY = 'haproxy.service';
const RESTART = 'systemctl restart -- haproxy.service';
const AWAY = ['hold back', 'offset -254', 'let in', 'offset -99'];
const BACK = ['offset -1', 'offset 0'];
let host: FakeHost;
let cycle: FakeCycle;
let vip: FakeHandOver;

beforeEach(() => {
  ({ host, cycle, vip } = world());
});

function world() {
  const on = new FakeHost();
  const of = new FakeCycle(on);
  const held = new FakeHandOver((what, act) => on.effect(what, act));
  on.put(CFG, 'as found\n');
  on.unit(HAPROXY, true, true, { reads: [CFG] });
  of.handOver = held.tools();
  const { health } = of;
  const look = health.look.bind(health);
  health.look = async (): Promise<Before> => {
    const seen = await look();
    return { ...seen, facts: { ...seen.facts, ...held.place } };
  };
  return { host: on, cycle: of, vip: held };
}

const changed = (on: FakeHost, notify = restart(HAPROXY)) => [
  file(on, CFG, 'new\n', { notify: [notify] }),
  unit(HAPROXY, { enabled: true, running: true }),
];
const run = (notify = restart(HAPROXY)) => cycle.commit(1, changed(host, notify)).run();
/** What was done for the address, and the restarts. */
const story = (): readonly string[] =>
  host.log.filter((what) => /^(offset|hold back|let in|systemctl)/.test(what));
const told = (): readonly string[] =>
  vip.events.filter(({ at }) => at === 'info').map(({ sentence }) => sentence);

test('it is given away before the restart, and taken back before anything is judged', async () => {
  const judgedWith: string[] = [];
  cycle.health.lived = () => {
    judgedWith.push(`${vip.holder} ${vip.offset}`);
    return { live: true, failed: [], unproven: [], tookMs: 5 };
  };
  const { status } = await run();
  expect(status.outcome).toBe('changed');
  expect(story()).toEqual([...AWAY, RESTART, ...BACK]);
  expect(judgedWith).toEqual(['here 0']);
  expect(told()).toEqual([]);
  expect(vip.events.map(({ sentence }) => sentence)).toEqual([
    'The virtual IP was given away before haproxy.service is restarted; another node had it after 0.8 s.',
    'The virtual IP was given back after 4.5 s.',
  ]);
});

test('new connections are held back for less than the second after which they are tried again', async () => {
  let heldSinceMs = 0;
  let goneForMs = 0;
  host.afterEffect = (what) => {
    if (what === 'hold back') heldSinceMs = vip.time.now;
    if (what === 'offset -99') goneForMs = vip.time.now - heldSinceMs;
  };
  await run();
  expect(goneForMs).toBeGreaterThan(0);
  expect(goneForMs).toBeLessThan(1_000);
});

test('who was held back once has been let in before anybody is held back again', async () => {
  const atMs = new Map<string, number>();
  host.afterEffect = (what) => void atMs.set(what, vip.time.now);
  await run();
  // A second after its first packet was lost a client sends the next one.
  expect(atMs.get('offset -1')! - atMs.get('offset -99')!).toBeGreaterThan(1_000);
});

test('it is given away before another load balancer takes the place of this one', async () => {
  host.unit('nginx.service', false, false);
  const instead = [
    unit(HAPROXY, { enabled: false, running: false }),
    unit('nginx.service', { enabled: true, running: true }),
  ];
  await cycle.commit(1, instead).run();
  const change = [
    'systemctl stop haproxy.service',
    'systemctl disable haproxy.service',
    'systemctl enable nginx.service',
    'systemctl reset-failed nginx.service',
    'systemctl start nginx.service',
  ];
  expect(story()).toEqual([...AWAY, ...change, ...BACK]);
  expect(vip.events[0]?.sentence).toMatch(/given away before haproxy\.service is stopped/);
});

test('a load balancer that is only enabled at boot lets nobody wait', async () => {
  host.unit('nginx.service', false, true);
  await cycle.commit(1, [unit('nginx.service', { enabled: true })]).run();
  expect(story()).toEqual(['systemctl enable nginx.service']);
});

test('it is given away once, although both of its daemons are restarted', async () => {
  host.unit('keepalived.service', true, true);
  const both = [restart(HAPROXY), restart('keepalived.service')];
  await cycle.commit(1, [file(host, CFG, 'new\n', { notify: both })]).run();
  expect(story().filter((what) => what === 'offset -254')).toHaveLength(1);
  expect(story().slice(0, 4)).toEqual(AWAY);
});

describe('a host that is released', () => {
  const KEEPALIVED = 'keepalived.service';
  beforeEach(async () => {
    host.unit(KEEPALIVED, false, false);
    await cycle.commit(1, [unit(KEEPALIVED, { enabled: true, running: true })]).run();
    const look = cycle.health.look.bind(cycle.health);
    cycle.health.look = async (): Promise<Before> => {
      const seen = await look();
      return { ...seen, facts: { ...seen.facts, givenUp: ['vrrp'] } };
    };
    host.log.length = 0;
  });
  const released = () => cycle.commit(2, [], true).run();
  const STOPPED = ['systemctl stop keepalived.service', 'systemctl disable keepalived.service'];

  test('gives it away before its keepalived is stopped, and does not ask for it back', async () => {
    await released();
    expect(story()).toEqual([...AWAY, ...STOPPED, 'offset 0']);
    expect(vip.events.map(({ sentence }) => sentence)).toEqual([
      'The virtual IP was given away before keepalived.service is stopped; another node had it after 0.8 s.',
    ]);
  });

  test('has it back when the release is taken back', async () => {
    cycle.health.lived = () => ({
      live: false,
      failed: [{ id: 'x', seen: 'unwell' }],
      unproven: [],
      tookMs: 5,
    });
    await released();
    expect(story().slice(-2)).toEqual(BACK);
    expect(vip.holder).toBe('here');
  });
});

describe('there is nothing to give away', () => {
  const nothing = async (notify = restart(HAPROXY)): Promise<void> => {
    await run(notify);
    expect(vip.did).toEqual([]);
    expect(told()).toEqual([]);
    expect(host.log.at(-1)).toBe(`systemctl ${'action' in notify ? notify.action : ''} -- ${HAPROXY}`);
  };
  test('for a reload, which refuses nobody', () => nothing(reload(HAPROXY)));
  test('on a host that does not hold it', () => {
    vip.holder = 'there';
    return nothing();
  });
  test.each([
    ['does not track the file', CONF.replace('    handover\n', '')],
    ['gives the file another weight', CONF.replace('weight 1', 'weight 2')],
    [
      'says nopreempt, so that it would not come back',
      CONF.replace('  priority 1', '  nopreempt\n  priority 1'),
    ],
  ])('where keepalived %s', (_, conf) => {
    expect(conf).not.toBe(CONF);
    vip.conf = conf;
    return nothing();
  });
});

describe('it cannot be given away: the restart goes on, and it is said', () => {
  const kept = async (why: RegExp): Promise<void> => {
    const { status } = await run();
    expect(status.outcome).toBe('changed');
    expect(story()).toContain(RESTART);
    expect([vip.offset, vip.isHeldBack]).toEqual([0, false]);
    expect(told()).toEqual([expect.stringMatching(why)]);
  };
  test('because no other node is there: then it is never let go', async () => {
    vip.other = 'dead';
    await kept(/could not be given away before haproxy.service is restarted: no other control plane node/);
    expect(vip.did).toEqual([]);
  });
  test('because nobody takes it: this host takes it again', async () => {
    vip.other = 'without keepalived';
    await kept(/nobody else had it after 3 s/);
    expect(story()).toEqual(['hold back', 'offset -254', 'let in', 'offset 0', RESTART]);
  });
  test('because keepalived does not do what its file says', async () => {
    vip.obeys = false;
    await kept(/keepalived does not let go of it/);
    expect(story()).toEqual(['hold back', 'offset -254', 'let in', 'offset 0', RESTART]);
  });
  test('because /run is full', async () => {
    host.power.fault = (what) => {
      if (what.startsWith('offset -254')) throw new Error('no space left on device');
    };
    await kept(/no space left on device/);
  });
  test('because something else has the tables of iptables', async () => {
    let isFirst = true;
    host.power.fault = (what) => {
      if (what !== 'let in' || !isFirst) return;
      isFirst = false;
      throw new Error('the tables are in use');
    };
    await kept(/the tables are in use/);
    expect(story()).toEqual(['hold back', 'offset -254', 'offset 0', RESTART, 'let in']);
  });
  test('and that once, although both of its daemons are restarted', async () => {
    vip.other = 'dead';
    host.unit('keepalived.service', true, true);
    const both = [restart(HAPROXY), restart('keepalived.service')];
    await cycle.commit(1, [file(host, CFG, 'new\n', { notify: both })]).run();
    expect(told()).toHaveLength(1);
  });
});

test('a host without iptables gives it away all the same', async () => {
  vip.hasIptables = false;
  await run();
  expect(story()).toEqual(['offset -254', 'offset -99', RESTART, ...BACK]);
});

describe('taking it back', () => {
  test('whoever holds it does not hear: it is preempted, and said', async () => {
    vip.other = 'deaf';
    await run();
    expect([vip.holder, vip.offset]).toEqual(['here', 0]);
    expect(told()).toEqual([expect.stringMatching(/back after 1\d\.\d s\. Whoever held it did not hear/)]);
  });

  test('a host that cannot serve does not get it, and goes back to its own priority when all has ended', async () => {
    vip.isReady = () => host.text(CFG) !== 'new\n';
    let heldAtVerdict = '';
    cycle.health.judged = () => {
      heldAtVerdict = vip.holder;
      return { verdict: 'unwell', failed: [], vipWell: true, tookMs: 1, samples: 1, unwitnessed: null };
    };
    const { status } = await run();
    expect(status.outcome).toBe('rolled back');
    expect(heldAtVerdict).toBe('there');
    expect(told()[0]).toMatch(/stays with another node for now.*127\.0\.0\.1:7443/);
    expect([vip.holder, vip.offset]).toEqual(['here', 0]);
    expect(story()).toEqual([...AWAY, RESTART, RESTART, ...BACK]);
  });

  test('a host that is kept although it cannot serve has its own priority again', async () => {
    vip.isReady = () => false;
    await run();
    expect(vip.offset).toBe(0);
  });
});

test('on the way back it is given away again', async () => {
  cycle.health.unwell();
  await run();
  expect(story()).toEqual([...AWAY, RESTART, ...BACK, ...AWAY, RESTART, ...BACK]);
});

describe('the agent is killed', () => {
  test('at any moment: the next one has this host as it was, and new connections are let in', async () => {
    await run();
    const boundaries = host.power.boundaries.length;
    expect(boundaries).toBeGreaterThan(20);
    for (let n = 0; n < boundaries; n += 1) {
      ({ host, cycle, vip } = world());
      host.power.killAt(n);
      await run().catch(() => undefined);
      expect(host.power.dead).toBe(true);
      await cycle.restart();
      await cycle.run();
      await cycle.run();
      expect([n, vip.offset, vip.isHeldBack]).toEqual([n, 0, false]);
    }
  });

  test('while nothing was under way: what is left is put right by the next cycle, and said', async () => {
    vip.offset = -254;
    vip.isHeldBack = true;
    await cycle.run();
    expect([vip.offset, vip.isHeldBack]).toEqual([0, false]);
    expect(told()).toEqual([expect.stringMatching(/has its own VRRP priority again/)]);
  });

  test('and somebody only asks what would change: nothing is done', async () => {
    vip.offset = -254;
    await cycle.run('dry run');
    expect(vip.did).toEqual([]);
  });
});

test.each([
  [0, false],
  [-254, false],
  [-99, false],
  [-1, true],
])('a host that says %i of its priority wants it back: %s', async (offset, wants) => {
  vip.offset = offset;
  expect(await wantsItBack(vip.tools(), 100)).toBe(wants);
});
