import { describe, expect, it } from 'vitest';
import { readKeepalivedConf } from '../../../agent/health/keepalived-conf.ts';
import { proveHaproxy } from '../../../agent/health/live-haproxy.ts';
import type { LiveFact, UnitFact } from '../../../agent/health/live-fact.ts';
import { liveFacts } from '../../../agent/health/live-facts.ts';
import { proveKeepalived } from '../../../agent/health/live-keepalived.ts';
import { proveUnit } from '../../../agent/health/live-unit.ts';
import { waitUntilLive } from '../../../agent/health/live.ts';
import type { UnitState } from '../../../agent/health/unit.ts';
import type { HaproxyAnswer, Probes, VrrpAnswer } from '../../../agent/host/probes.ts';
import { fakeTime } from './fake-time.ts';
import { inShort } from './proof.ts';
import { ACTIVE, HERE, instance, probesOf } from './probes.ts';

const fact = (more: Partial<UnitFact> = {}): UnitFact => ({
  unit: 'haproxy.service',
  did: 'reload',
  invocation: 'one',
  restarts: 0,
  haproxyReloads: null,
  keepalived: null,
  ...more,
});
const state = (more: Partial<UnitState> = {}): UnitState => ({
  state: 'active',
  sub: 'running',
  result: 'success',
  exitStatus: 0,
  mainPid: 55,
  type: 'notify',
  invocation: 'one',
  restarts: 0,
  activeSinceMs: 0,
  ...more,
});

describe('a unit', () => {
  it.each<[string, Partial<UnitFact>, Partial<UnitState>, string]>([
    ['was restarted', { did: 'restart' }, { invocation: 'two' }, 'live'],
    [
      'was not restarted yet',
      { did: 'restart' },
      {},
      'waiting: it still runs as before the restart (same invocation)',
    ],
    ['was reloaded and runs on', {}, {}, 'live'],
    ['was reloaded, fell and was started again by systemd', {}, { invocation: 'two', restarts: 1 }, 'live'],
    ['still reloads', {}, { state: 'reloading', sub: 'reload' }, 'waiting: reloading (reload)'],
    [
      'takes its time to start',
      { did: 'start' },
      { invocation: 'two', state: 'activating', sub: 'start' },
      'waiting: activating (start)',
    ],
    [
      'fell on the reload for good',
      {},
      { state: 'failed', result: 'exit-code', exitStatus: 2 },
      'dead: failed: exit-code 2',
    ],
    [
      'falls again and again',
      {},
      {
        state: 'activating',
        sub: 'auto-restart',
        result: 'exit-code',
        exitStatus: 2,
        invocation: 'five',
        restarts: 3,
      },
      'dead: activating (auto-restart): exit-code 2; systemd has restarted it 3 times by itself',
    ],
    ['had fallen often before, and not since', { restarts: 9 }, { restarts: 9 }, 'live'],
    [
      'had fallen often before, and was restarted by us',
      { did: 'restart', restarts: 9 },
      { invocation: 'two', restarts: 1 },
      'live',
    ],
    ['has no file', { did: 'start' }, { state: 'unknown' }, 'dead: systemd knows no such unit'],
    [
      'does one thing and ends',
      { did: 'restart' },
      { type: 'oneshot', invocation: 'two', state: 'inactive' },
      'live',
    ],
    [
      'does one thing and fails',
      { did: 'restart' },
      { type: 'oneshot', invocation: 'two', state: 'failed', result: 'exit-code', exitStatus: 1 },
      'dead: failed: exit-code 1',
    ],
  ])('that %s', (_, before, now, expected) => {
    expect(inShort(proveUnit(fact(before), state(now)))).toBe(expected);
  });
});

describe('a reload of HAProxy', () => {
  const master = (more: Partial<Extract<HaproxyAnswer, { reloads: number }>> = {}): HaproxyAnswer => ({
    reloads: 4,
    failed: 0,
    workerOfLastReload: true,
    alerts: [],
    ...more,
  });
  it.each<[string, HaproxyAnswer, string]>([
    ['worked', master(), 'live'],
    ['has not happened yet', master({ reloads: 3 }), 'waiting: it has not reloaded yet'],
    [
      'failed although systemd says it worked',
      master({
        failed: 1,
        workerOfLastReload: false,
        alerts: ['cannot bind socket (Address already in use) for [10.1.1.1:6443].'],
      }),
      'dead: the reload failed although systemd says it worked, and the old configuration goes on: cannot bind socket (Address already in use) for [10.1.1.1:6443].',
    ],
    [
      'has forked no worker yet',
      master({ workerOfLastReload: false }),
      'waiting: the new worker does not run yet',
    ],
    [
      'cannot be asked about just now',
      { silent: 'no answer within 10 s' },
      'waiting: its master process does not answer: no answer within 10 s',
    ],
    [
      'can never be asked about',
      { noSocket: true },
      'live, unproven: its master process has no socket (-S), so a reload that failed would not show',
    ],
  ])('%s', (_, answer, expected) => {
    expect(inShort(proveHaproxy(fact({ haproxyReloads: 3 }), answer))).toBe(expected);
  });

  it('that was not counted before is taken for what the master says now', () => {
    expect(inShort(proveHaproxy(fact(), master()))).toMatch(/^live, unproven/);
    expect(inShort(proveHaproxy(fact(), master({ failed: 1 })))).toMatch(/^dead/);
  });
});

const CONF = `
! a comment with { a brace
global_defs { vrrp_version 2 }   # and another {
vrrp_script never {
  script "/usr/local/sbin/check it"
  interval 5
  fall 3
  timeout 2
}
vrrp_instance VI_1 {
  state MASTER
  virtual_router_id 51
  priority 100
  authentication { auth_type PASS auth_pass changeme }
  track_script { never weight -10 }
  virtual_ipaddress { 10.1.233.1 label "eth0:vip" }
}
`;

describe('a reload of keepalived', () => {
  const conf = readKeepalivedConf(CONF);
  const before = { unit: 'keepalived.service', keepalived: { VI_1: 1 } };
  const answer = (more: Parameters<typeof instance>[0]): VrrpAnswer => ({
    instances: [instance({ lastTransition: 2, ...more })],
  });
  it.each<[string, VrrpAnswer, string]>([
    ['worked', answer({}), 'live'],
    ['worked, and ended in FAULT: that is for the gate to judge', answer({ state: 'FAULT' }), 'live'],
    [
      'has not happened, or was refused',
      answer({ lastTransition: 1 }),
      'waiting: instance VI_1 is still as it was: keepalived has not read its configuration anew',
    ],
    [
      'shows another priority than its file',
      answer({ priority: 90 }),
      'waiting: instance VI_1 runs with priority 90, and its configuration says 100',
    ],
    [
      'shows another VRID than its file',
      answer({ routerId: 52 }),
      'waiting: instance VI_1 runs with VRID 52, and its configuration says 51',
    ],
    [
      'brought no such instance',
      answer({ name: 'VI_2' }),
      'waiting: keepalived does not run instance VI_1 of its configuration',
    ],
    [
      'leaves nobody to ask',
      { down: 'keepalived.service is failed (failed)' },
      'waiting: keepalived.service is failed (failed)',
    ],
  ])('%s', (_, now, expected) => {
    expect(inShort(proveKeepalived(fact(before), now, conf))).toBe(expected);
  });

  it('whose file refers to others is judged by time alone', () => {
    for (const text of [
      `include /etc/keepalived/*.conf\n${CONF}`,
      CONF.replace('100', '$PRIORITY'),
      `@host ${CONF}`,
    ])
      expect(readKeepalivedConf(text)).toBeNull();
    expect(inShort(proveKeepalived(fact(before), answer({ priority: 1 }), null))).toBe('live');
  });

  it('reads of the file what it compares, and how slow its slowest script is', () => {
    expect(conf).toEqual({
      instances: [{ name: 'VI_1', routerId: 51, priority: 100 }],
      slowestScriptMs: 17_000,
    });
    expect(readKeepalivedConf('')).toEqual({ instances: [], slowestScriptMs: 0 });
  });
});

describe('waiting until a change is live', () => {
  const waiting = async (
    facts: readonly LiveFact[],
    probes: (nowMs: () => number) => Probes,
    limitMs = 300_000,
  ) => {
    const time = fakeTime();
    const lived = await waitUntilLive({ facts, probes: probes(() => time.now), deadlineMs: limitMs, time });
    return { ...lived, failed: lived.failed.map(({ id, seen }) => `${id}: ${seen}`) };
  };
  const unit =
    (properties: (nowMs: number) => Readonly<Record<string, string>>) =>
    (nowMs: () => number): Probes => {
      const probes = probesOf();
      return {
        ...probes,
        live: {
          ...probes.live,
          query: (argv) =>
            probesOf({ units: { 'haproxy.service': { ...ACTIVE, ...properties(nowMs()) } } }).live.query(
              argv,
            ),
        },
      };
    };

  it('a reload that worked is live at once', async () => {
    const haproxy: Probes['haproxy'] = async () => ({
      reloads: 1,
      failed: 0,
      workerOfLastReload: true,
      alerts: [],
    });
    expect(await waiting([fact({ haproxyReloads: 0 })], () => probesOf({ haproxy }))).toEqual({
      live: true,
      failed: [],
      unproven: [],
      tookMs: 0,
    });
  });

  it('a reload that never shows is given up after half a minute', async () => {
    expect(await waiting([fact({ haproxyReloads: 0 })], () => probesOf())).toMatchObject({
      live: false,
      failed: ['live[haproxy.service]: not within 30 s: it has not reloaded yet'],
    });
  });

  it('a restart must have stayed up for two seconds', async () => {
    const probes = unit((nowMs) =>
      nowMs < 40_000 ? { ActiveState: 'activating', InvocationID: 'two' } : { InvocationID: 'two' },
    );
    expect(await waiting([fact({ did: 'restart' })], probes)).toMatchObject({ live: true, tookMs: 42_000 });
  });

  it('one that falls and comes back begins anew', async () => {
    const probes = unit((nowMs) => ({ InvocationID: nowMs < 1_000 ? 'two' : 'three' }));
    expect(await waiting([fact({ did: 'restart' })], probes)).toMatchObject({ live: true, tookMs: 3_000 });
  });

  it('has a limit, and says what it waited for', async () => {
    const probes = unit(() => ({ ActiveState: 'activating', SubState: 'start', InvocationID: 'two' }));
    expect(await waiting([fact({ did: 'start' })], probes)).toMatchObject({
      live: false,
      failed: ['live[haproxy.service]: not within 300 s: activating (start)'],
    });
  });

  it('says what could not be proved', async () => {
    expect(
      await waiting([fact()], () => probesOf({ haproxy: async () => ({ noSocket: true }) })),
    ).toMatchObject({
      live: true,
      unproven: [
        'Whether the reload of haproxy.service worked cannot be proved: its master process has no socket (-S), so a reload that failed would not show.',
      ],
    });
  });

  it('has nothing to wait for when no daemon is concerned', async () => {
    expect(await waiting([], () => probesOf())).toMatchObject({ live: true, tookMs: 0 });
  });
});

describe('what is known before the steps', () => {
  it('is also who the API server was, when its manifest is to change', async () => {
    const changes = [
      { id: 'yaml[/etc/kubernetes/manifests/kube-apiserver.yaml]', from: {}, to: { port: 1 } },
    ];
    const plan = { changes, steps: [] } as unknown as Parameters<typeof liveFacts>[0];
    expect(await liveFacts(plan, probesOf(), HERE)).toMatchObject([
      { apiServer: { address: '10.1.1.1', apiPort: 6443 }, processes: ['boot/812/5321'], was: 'ready' },
    ]);
  });

  it('is what each daemon was, for the journal', async () => {
    const plan = {
      changes: [
        { id: 'unit[nginx.service]', from: { running: false }, to: { running: true } },
        { id: 'unit[old.service]', from: { running: true }, to: { running: false } },
        { id: 'file[/etc/motd]', from: null, to: null },
      ],
      steps: [
        { do: 'refresh', unit: 'haproxy.service', action: 'reload' },
        { do: 'refresh', unit: 'keepalived.service', action: 'reload' },
        { do: 'refresh', unit: 'ssh.service', action: 'restart' },
        { do: 'daemon-reload' },
      ],
    } as unknown as Parameters<typeof liveFacts>[0];
    const units = {
      'haproxy.service': ACTIVE,
      'keepalived.service': ACTIVE,
      'ssh.service': { ...ACTIVE, NRestarts: '2' },
    };
    const haproxy: Probes['haproxy'] = async () => ({
      reloads: 7,
      failed: 0,
      workerOfLastReload: true,
      alerts: [],
    });
    const facts = await liveFacts(plan, probesOf({ units, haproxy }), HERE);
    expect(JSON.parse(JSON.stringify(facts))).toEqual([
      {
        unit: 'nginx.service',
        did: 'start',
        invocation: '',
        restarts: 0,
        haproxyReloads: null,
        keepalived: null,
      },
      {
        unit: 'haproxy.service',
        did: 'reload',
        invocation: 'one',
        restarts: 0,
        haproxyReloads: 7,
        keepalived: null,
      },
      {
        unit: 'keepalived.service',
        did: 'reload',
        invocation: 'one',
        restarts: 0,
        haproxyReloads: null,
        keepalived: { VI_1: 1_795_395_168.09 },
      },
      {
        unit: 'ssh.service',
        did: 'restart',
        invocation: 'one',
        restarts: 2,
        haproxyReloads: null,
        keepalived: null,
      },
    ]);
  });
});
