import { describe, expect, test } from 'vitest';
import type { Json } from '../../../agent/host/host.ts';
import { stepName, type Change, type Why } from '../../../agent/plan/change.ts';
import { order, RequiresCircle, type Running } from '../../../agent/plan/order.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Id, Notify } from '../../../agent/resources/kind.ts';
import { daemonReload, reload, restart } from '../../support/desired.ts';

const BYTES = { sha256: 'a'.repeat(64), size: 1 };
const FILE = { content: BYTES, mode: 0o644, owner: 'root', group: 'root' };
const DOWN = { enabled: true, running: false, hold: null };
const UP = { enabled: true, running: true, hold: null };

type More = { requires?: Id[]; notify?: Notify[]; why?: Why };
function change(id: Id, from: Json, to: Json, more: More = {}): Change {
  return { id, from, to, scope: null, secret: false, requires: [], notify: [], why: 'commit', ...more };
}
const written = (path: string, more: More = {}): Change => change(`file[${path}]`, null, FILE, more);
const taken = (path: string, more: More = {}): Change => change(`file[${path}]`, FILE, null, more);
const started = (name: string, more: More = {}): Change => change(`unit[${name}]`, DOWN, UP, more);
const stopped = (name: string, more: More = {}): Change => change(`unit[${name}]`, UP, DOWN, more);
const sysctl = (key: string): Change => {
  const state = (live: string): Json => ({ dropIn: null, live, running: true });
  return change(`sysctl[${key}]`, state('0'), state('1'));
};
const installed = (name: string): Change =>
  change(`package[${name}]`, { installed: false }, { installed: true });

const runs: Running = () => ({ before: true, after: true });
const steps = (changes: readonly Change[], running: Running = runs) =>
  order(changes, KINDS, running).map(stepName);

describe('phases', () => {
  test('units stop before their files change and start after everything that they read', () => {
    const rules = { v4: [], v6: [], apps: {} };
    const changes = [
      started('haproxy.service'),
      change('ufw[host]', { enabled: false, live: 'off' }, { enabled: true, live: 'whole' }),
      change('ufw-rules[host]', rules, rules),
      sysctl('net.ipv4.ip_nonlocal_bind'),
      written('/etc/haproxy/haproxy.cfg'),
      stopped('nginx.service'),
      installed('haproxy'),
    ];
    expect(steps(changes)).toEqual([
      'package[haproxy]',
      'unit[nginx.service]',
      'file[/etc/haproxy/haproxy.cfg]',
      'sysctl[net.ipv4.ip_nonlocal_bind]',
      'ufw-rules[host]',
      'ufw[host]',
      'unit[haproxy.service]',
    ]);
  });

  test('within a phase the name decides, so that two plans of the same change are equal', () => {
    expect(steps([written('/c'), written('/a'), written('/b')])).toEqual([
      'file[/a]',
      'file[/b]',
      'file[/c]',
    ]);
    expect(steps([written('/b'), written('/c'), written('/a')])).toEqual([
      'file[/a]',
      'file[/b]',
      'file[/c]',
    ]);
  });

  test('a unit whose file comes with the plan is told nothing before the file is there, even to stay stopped', () => {
    const stays = change('unit[probe.service]', null, { enabled: true, running: false, hold: null });
    const file = written('/etc/systemd/system/probe.service', { notify: [daemonReload] });
    expect(steps([stays, file])).toEqual([
      'file[/etc/systemd/system/probe.service]',
      'systemctl daemon-reload',
      'unit[probe.service]',
    ]);
  });
});

describe('requires', () => {
  test('what is required comes first', () => {
    const changes = [written('/a', { requires: ['file[/z]'] }), written('/z'), written('/m')];
    expect(steps(changes)).toEqual(['file[/m]', 'file[/z]', 'file[/a]']);
  });

  test.each(['left', 'undo'] as const)(
    'on the way down (%s) what requires goes before what is required',
    (why) => {
      const changes = [taken('/a', { why }), taken('/z', { why, requires: ['file[/a]'] })];
      expect(steps(changes)).toEqual(['file[/z]', 'file[/a]']);
    },
  );

  test('a unit that is stopped does not wait for the file that it requires', () => {
    const changes = [stopped('x.service', { requires: ['file[/etc/x]'] }), written('/etc/x')];
    expect(steps(changes)).toEqual(['unit[x.service]', 'file[/etc/x]']);
  });

  test('what is required and does not change holds nobody up', () => {
    expect(steps([written('/a', { requires: ['file[/not-in-this-plan]'] })])).toEqual(['file[/a]']);
  });

  test('a circle is refused, and named', () => {
    const changes = [written('/a', { requires: ['file[/b]'] }), written('/b', { requires: ['file[/a]'] })];
    expect(() => steps(changes)).toThrow(RequiresCircle);
    expect(() => steps(changes)).toThrow(
      '"requires" forms a circle among file[/a], file[/b]: take one of them out.',
    );
  });
});

describe('refreshes', () => {
  const toHaproxy = (path: string, how = reload): Change =>
    written(path, { notify: [how('haproxy.service')] });

  test('two files that notify one unit are one reload, after everything else', () => {
    expect(steps([toHaproxy('/a'), toHaproxy('/b'), started('x.service')])).toEqual([
      'file[/a]',
      'file[/b]',
      'unit[x.service]',
      'systemctl reload haproxy.service',
    ]);
  });

  test.each([
    ['first', [toHaproxy('/a', restart), toHaproxy('/b')]],
    ['last', [toHaproxy('/a'), toHaproxy('/b', restart)]],
  ])('a restart outweighs a reload, asked for %s', (_when, changes) => {
    expect(steps(changes)).toEqual(['file[/a]', 'file[/b]', 'systemctl restart haproxy.service']);
  });

  test.each<[string, { before: boolean; after: boolean }]>([
    ['does not run', { before: false, after: false }],
    ['is started by this plan', { before: false, after: true }],
    ['is stopped by this plan', { before: true, after: false }],
  ])('a unit that %s is not refreshed', (_what, state) => {
    expect(steps([toHaproxy('/a')], () => state)).toEqual(['file[/a]']);
  });

  test('a unit that crashes over and over cannot be reloaded: it is restarted with the file that mends it', () => {
    const crashing: Running = () => ({ before: true, after: true, starting: true });
    expect(steps([toHaproxy('/a')], crashing)).toEqual(['file[/a]', 'systemctl restart haproxy.service']);
  });

  const leaves = taken('/etc/nginx/nginx.conf', { why: 'left', notify: [reload('nginx.service')] });
  const comes = started('haproxy.service');

  test('a unit whose file leaves lets go of its port before the next one starts', () => {
    expect(steps([comes, leaves])).toEqual([
      'file[/etc/nginx/nginx.conf]',
      'systemctl reload nginx.service',
      'unit[haproxy.service]',
    ]);
    expect(steps([leaves])).toEqual(['file[/etc/nginx/nginx.conf]', 'systemctl reload nginx.service']);
  });

  test('and so on the way back, but not one that stays and has other files as well', () => {
    const undone = [comes, leaves].map((one): Change => ({ ...one, why: 'undo' }));
    expect(steps(undone)).toEqual([
      'file[/etc/nginx/nginx.conf]',
      'systemctl reload nginx.service',
      'unit[haproxy.service]',
    ]);
    const kept = written('/etc/nginx/other.conf', { notify: [reload('nginx.service')] });
    expect(steps([comes, leaves, kept]).slice(-2)).toEqual([
      'unit[haproxy.service]',
      'systemctl reload nginx.service',
    ]);
  });

  test('on the way back only those are refreshed that the way forward had refreshed', () => {
    const both = written('/a', {
      why: 'undo',
      notify: [reload('haproxy.service'), reload('keepalived.service')],
    });
    const back = order([both], KINDS, runs, (unit) => unit === 'keepalived.service');
    expect(back.map(stepName)).toEqual(['file[/a]', 'systemctl reload keepalived.service']);
  });
});

describe('daemon-reload', () => {
  const unitFile = (name: string): Change =>
    written(`/etc/systemd/system/${name}`, { notify: [daemonReload] });

  test('comes once, after all files and before anything is started', () => {
    const changes = [unitFile('a.service'), unitFile('b.service'), started('a.service'), written('/z')];
    expect(steps(changes)).toEqual([
      'file[/etc/systemd/system/a.service]',
      'file[/etc/systemd/system/b.service]',
      'file[/z]',
      'systemctl daemon-reload',
      'unit[a.service]',
    ]);
  });

  test('comes before refreshes when nothing is started', () => {
    const dropIn = written('/etc/systemd/system/haproxy.service.d/x.conf', {
      notify: [daemonReload, restart('haproxy.service')],
    });
    expect(steps([dropIn])).toEqual([
      'file[/etc/systemd/system/haproxy.service.d/x.conf]',
      'systemctl daemon-reload',
      'systemctl restart haproxy.service',
    ]);
  });

  test('on the way back the unit stops, its file goes, and systemd is told last', () => {
    const unit = change('unit[a.service]', UP, null, { why: 'undo' });
    const file = taken('/etc/systemd/system/a.service', { why: 'undo', notify: [daemonReload] });
    expect(steps([unit, file], () => ({ before: true, after: false }))).toEqual([
      'unit[a.service]',
      'file[/etc/systemd/system/a.service]',
      'systemctl daemon-reload',
    ]);
  });
});

test('the way back is the same order over swapped states, and what lets go comes before what starts', () => {
  const forward = [
    stopped('old.service'),
    written('/etc/new.cfg', { notify: [reload('haproxy.service')] }),
    started('new.service', { requires: ['file[/etc/new.cfg]'] }),
  ];
  const back = forward.map(({ from, to, ...rest }): Change => ({ ...rest, from: to, to: from, why: 'undo' }));
  expect(steps(forward)).toEqual([
    'unit[old.service]',
    'file[/etc/new.cfg]',
    'unit[new.service]',
    'systemctl reload haproxy.service',
  ]);
  // Plain reverse order would reload haproxy.service first, with the new file still in place.
  expect(steps(back)).toEqual([
    'unit[new.service]',
    'file[/etc/new.cfg]',
    'systemctl reload haproxy.service',
    'unit[old.service]',
  ]);
});
