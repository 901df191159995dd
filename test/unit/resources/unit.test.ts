import { describe, expect, test } from 'vitest';
import type { Json } from '../../../agent/host/host.ts';
import { unit } from '../../../agent/resources/unit.ts';
import { FakeHost } from '../../support/fake-host.ts';
import type { FakeUnit } from '../../support/fake-systemd.ts';

const NAME = 'haproxy.service';
const BOTH = ['enabled', 'running'];
const file = (name: string): ReadonlySet<string> => new Set([`/etc/systemd/system/${name}`]);
const NOTHING = new Set<string>();

async function seen(host: FakeHost, scope: Json = BOTH, name = NAME): Promise<Json> {
  return (await unit.observe(new Map([[name, scope]]), host.host())).get(name)!;
}
const target = (spec: Json, observed: Json, coming: ReadonlySet<string> = NOTHING, name = NAME) =>
  unit.target(spec, observed, { name, coming });

const states = [true, false].flatMap((enabled) => [true, false].map((running) => ({ enabled, running })));
const specs = [
  ...states,
  { enabled: true },
  { enabled: false },
  { running: true },
  { running: false },
] as const;

describe.each(states)('a unit with %j', ({ enabled, running }) => {
  test.each(specs)('becomes %j, and what nobody asked about stays', async (spec) => {
    const host = new FakeHost().unit(NAME, enabled, running);
    const scope = unit.scope(spec);
    const wanted = target(spec, await seen(host, scope));
    if (!('to' in wanted)) throw new Error(JSON.stringify(wanted));
    await unit.enforce(NAME, wanted.to, host.host());
    expect(host.units.get(NAME)).toMatchObject({ enabled, running, ...spec });
    expect(unit.settled(wanted.to, await seen(host, scope))).toBe(true);
  });
});

test('what is as it should be is not told anything', async () => {
  const host = new FakeHost().unit(NAME, true, true);
  await unit.enforce(NAME, { enabled: true, running: true, hold: null }, host.host());
  expect(host.log).toEqual([]);
});

test('enabling a unit that runs does not start it again', async () => {
  const host = new FakeHost().unit(NAME, false, true);
  await unit.enforce(NAME, { enabled: true, running: true, hold: null }, host.host());
  expect(host.log).toEqual([`systemctl enable ${NAME}`]);
});

test('a unit that hit its start limit is forgiven before it is started', async () => {
  const host = new FakeHost().unit(NAME, true, false);
  await unit.enforce(NAME, { enabled: true, running: true, hold: null }, host.host());
  expect(host.log).toEqual([`systemctl reset-failed ${NAME}`, `systemctl start ${NAME}`]);
});

describe('a masked unit', () => {
  const masked = (running = false): FakeHost =>
    new FakeHost().unit(NAME, false, running, { fileState: 'masked' });

  test.each(specs)('is left alone whatever is wanted: %j', async (spec) => {
    expect(target(spec, await seen(masked(), unit.scope(spec)))).toEqual({
      waiting: 'it is masked, and Holdfast leaves a masked unit alone (systemctl unmask gives it back)',
    });
  });

  test('is not touched on the way back either: who masked it meanwhile meant it', async () => {
    const host = masked(true);
    const first = { enabled: true, running: true, hold: null };
    expect(unit.settled(first, await seen(host))).toBe(true);
    await unit.enforce(NAME, first, host.host());
    await unit.enforce(NAME, null, host.host());
    expect(host.log).toEqual([]);
  });
});

describe('a static unit', () => {
  const host = (): FakeHost => new FakeHost().unit(NAME, false, false, { fileState: 'static' });

  test('cannot be enabled, and that is said', async () => {
    expect(target({ enabled: true }, await seen(host()))).toEqual({
      refused:
        'it cannot be enabled or disabled: its unit file has no [Install] section. Leave out "enabled".',
    });
  });

  test('can be started and stopped', async () => {
    const on = host();
    const wanted = target({ running: true }, await seen(on, ['running']));
    await unit.enforce(NAME, 'to' in wanted ? wanted.to : null, on.host());
    expect(on.log).toEqual([`systemctl reset-failed ${NAME}`, `systemctl start ${NAME}`]);
  });
});

describe('a unit that systemd does not know', () => {
  test.each<[Json, ReadonlySet<string>, string, object]>([
    [{ enabled: true }, NOTHING, NAME, { waiting: 'systemd knows no such unit (is its package installed?)' }],
    [{ running: true }, NOTHING, NAME, { waiting: 'systemd knows no such unit (is its package installed?)' }],
    [{ enabled: false, running: false }, NOTHING, NAME, { to: null }],
    [{ running: true }, file(NAME), NAME, { to: { enabled: null, running: true, hold: null } }],
    [
      { running: true },
      file('a@.service'),
      'a@b.service',
      { to: { enabled: null, running: true, hold: null } },
    ],
    [{ running: true }, file('other.service'), NAME, { waiting: expect.any(String) as string }],
  ])('%j with %j coming, as %s: %j', (spec, coming, name, expected) => {
    expect(target(spec, null, coming, name)).toEqual(expected);
  });

  test('is told nothing on the way back to it', async () => {
    const host = new FakeHost();
    await unit.enforce(NAME, null, host.host());
    expect(host.log).toEqual([]);
  });

  test('on the way back to it, it is stopped, disabled and no longer listed as failed before its file goes', async () => {
    const host = new FakeHost().unit(NAME, true, true);
    expect(unit.phase(await seen(host), null)).toBe('stop');
    await unit.enforce(NAME, null, host.host());
    expect(host.log).toEqual(['stop', 'disable', 'reset-failed'].map((verb) => `systemctl ${verb} ${NAME}`));
  });
});

test('one that systemd is still trying to start is not a unit that is stopped', async () => {
  const host = new FakeHost().unit(NAME, true, true, { starting: true });
  expect(await seen(host)).toEqual({ enabled: true, running: true, hold: null, looping: true });
});

describe('a unit that ends each time systemd starts it', () => {
  const shown = (state: string, sub: string, restarts: number): FakeHost => {
    const host = new FakeHost();
    const stdout = `LoadState=loaded\nActiveState=${state}\nSubState=${sub}\nNRestarts=${restarts}\nUnitFileState=enabled\n`;
    host.simulated.push(() => ({ exitCode: 0, stdout, stderr: '' }));
    return host;
  };
  const notices = async (host: FakeHost, scope = BOTH): Promise<readonly string[]> =>
    unit.notices(NAME, {}, await seen(host, scope), host.host().files);

  test.each([
    ['activating', 'auto-restart', 1],
    ['activating', 'auto-restart-queued', 40],
    ['activating', 'start-pre', 40],
  ])('is said: %s (%s), restart %i', async (state, sub, restarts) => {
    expect(await notices(shown(state, sub, restarts))).toEqual([
      'unit[haproxy.service] is being started again and again by systemd: see "systemctl status haproxy.service"',
    ]);
  });

  test.each([
    ['activating', 'start', 0],
    ['activating', 'auto-restart', 0],
    ['activating', 'start', 1],
    ['active', 'running', 40],
    ['inactive', 'dead', 0],
  ])('is not one that starts slowly, crashed once or has recovered: %s (%s), restart %i', async (...all) => {
    expect(await notices(shown(...all))).toEqual([]);
  });

  test('is nothing to speak of where nobody asked for it to run', async () => {
    expect(await notices(shown('activating', 'auto-restart', 7), ['enabled'])).toEqual([]);
  });

  test('changes nothing: what was planned for it is settled', async () => {
    const host = shown('activating', 'auto-restart', 7);
    const wanted = target({ enabled: true, running: true }, await seen(host));
    expect(wanted).toEqual({ to: { enabled: true, running: true, hold: null } });
    expect(unit.settled('to' in wanted ? wanted.to : null, await seen(host))).toBe(true);
  });
});

describe('what was first seen', () => {
  const first = { enabled: false, running: null, hold: null };
  test('covers a part that is asked for later, as it was then', () => {
    expect(unit.widen(first, { enabled: true, running: true, hold: null }, null)).toEqual({
      enabled: false,
      running: true,
      hold: null,
    });
  });

  test('lets go of a part that is no longer asked for, so that leaving does not touch it', () => {
    const whole = { enabled: false, running: false, hold: null };
    expect(unit.widen(whole, { enabled: true, running: null, hold: null }, null)).toEqual(first);
  });
});

test.each<[Json, Json, string[]]>([
  [{ enabled: false, running: false }, { enabled: true, running: true }, ['enabled at boot', 'started']],
  [{ enabled: true, running: true }, { enabled: false, running: false }, ['disabled at boot', 'stopped']],
  [{ enabled: true, running: true }, { enabled: null, running: false }, ['stopped']],
])('from %j to %j is said as %j', (from, to, summary) => {
  const hold = { hold: null };
  const [a, b] = [from, to].map((state) => ({ ...(state as object), ...hold }));
  expect(unit.describe(a as Json, b as Json, { secret: false, text: () => '' }).summary).toEqual(summary);
});

describe('a unit whose file is gone, and that runs on', () => {
  const leftOver = (): FakeHost => {
    const host = new FakeHost().unit(NAME, false, true, { fromFile: true });
    host.files.delete(`/etc/systemd/system/${NAME}`);
    return host;
  };

  test('is not taken for one that is not there: nobody else would stop it', async () => {
    const host = leftOver();
    const observed = await seen(host);
    expect(unit.settled(null, observed)).toBe(false);
    await unit.enforce(NAME, null, host.host());
    expect(host.units.get(NAME)?.running ?? false).toBe(false);
  });

  test('waits for its file like any that is not there', async () => {
    const observed = await seen(leftOver());
    expect(target({ enabled: true, running: true }, observed)).toHaveProperty('waiting');
    expect(target({ enabled: true, running: true }, observed, file(NAME))).toHaveProperty('to');
    expect(target({ enabled: false, running: false }, observed)).toEqual({ to: null });
  });
});

test('all units are asked about in one question', async () => {
  const host = new FakeHost();
  const asked: string[][] = [];
  host.simulated.push((argv) => (asked.push([...argv]), null));
  const units: [string, Partial<FakeUnit>][] = [
    ['a.service', {}],
    ['b.service', { fileState: 'static' }],
  ];
  for (const [name, more] of units) host.unit(name, true, true, more);
  const names = ['a.service', 'b.service', 'no-such.service'];
  const found = await unit.observe(new Map(names.map((name) => [name, BOTH])), host.host());
  expect([...found]).toEqual([
    ['a.service', { enabled: true, running: true, hold: null }],
    ['b.service', { enabled: false, running: true, hold: 'static' }],
    ['no-such.service', null],
  ]);
  expect(asked).toHaveLength(1);
});

test('an answer for fewer units than were asked about is unknown, never absent', async () => {
  const host = new FakeHost();
  host.simulated.push(() => ({ exitCode: 1, stdout: '', stderr: 'Failed to connect to bus' }));
  await expect(seen(host)).rejects.toThrow(
    'systemctl show answered for 1 of 1 units: Failed to connect to bus',
  );
});
