import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../../agent/desired/candidate.ts';
import { plan, type Known } from '../../../agent/plan/plan.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { runSteps } from '../../../agent/transaction/run-steps.ts';
import * as desired from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** What the desired state no longer names. */

const { candidate, file, unit, pkg, reload, daemonReload, UNKNOWN } = desired;
const planned = (host: FakeHost, of: Candidate, known: Known, atRest = false) =>
  plan(of, known, KINDS, host.host(atRest));
async function apply(host: FakeHost, of: Candidate, known: Known = UNKNOWN): Promise<Known> {
  const made = await planned(host, of, known);
  await runSteps(made.steps, KINDS, host.host(), async () => {});
  return desired.knownAfter(of, new Map([...known.inventory, ...made.adopts]));
}
const EMPTY = (host: FakeHost): Candidate => candidate(host, 9, []);

test('a unit that came with its file goes with it: stopped first, and never reloaded', async () => {
  const host = new FakeHost();
  const before = host.snapshot();
  const name = 'probe.service';
  const known = await apply(
    host,
    candidate(host, 1, [
      file(host, `/etc/systemd/system/${name}`, '[Service]\n', { notify: [daemonReload, reload(name)] }),
      unit(name, { enabled: true, running: true }),
    ]),
  );
  expect(host.units.get(name)).toMatchObject({ enabled: true, running: true });
  host.log.length = 0;
  await apply(host, EMPTY(host), known);
  expect(host.log).toEqual([
    `systemctl stop ${name}`,
    `systemctl disable ${name}`,
    `systemctl reset-failed ${name}`,
    `remove /etc/systemd/system/${name}`,
    'systemctl daemon-reload',
  ]);
  expect(host.snapshot()).toBe(before);
});

test('a package stays', async () => {
  const host = new FakeHost();
  host.packages.add('haproxy');
  const known = await apply(host, candidate(host, 1, [pkg('haproxy')]));
  const made = await planned(host, EMPTY(host), known);
  expect([made.changes, made.forgets]).toEqual([[], ['package[haproxy]']]);
});

describe('what cannot be put back now', () => {
  test('is said, and holds up neither the commit nor the others', async () => {
    const host = new FakeHost();
    const known = await apply(
      host,
      candidate(host, 1, [file(host, '/etc/a', 'x'), file(host, '/etc/b', 'x')]),
    );
    host.files.delete('/etc/a');
    host.makeFolders('/etc/a');
    const made = await planned(host, EMPTY(host), known);
    expect(made.changes.map(({ id }) => id)).toEqual(['file[/etc/b]']);
    expect(made.refused).toEqual([]);
    expect(made.waiting).toEqual([
      {
        id: 'file[/etc/a]',
        why: 'it is no longer desired, and cannot be put back yet: /etc/a is a directory, and Holdfast manages only regular files.',
      },
    ]);
  });

  test('waits, where it needs a running system and the host is an image at rest', async () => {
    const host = new FakeHost().unit('a.service', false, false);
    const known = await apply(host, candidate(host, 1, [unit('a.service', { running: true })]));
    const made = await planned(host, EMPTY(host), known, true);
    expect([made.changes, made.waiting]).toEqual([
      [],
      [
        {
          id: 'unit[a.service]',
          why: 'it is no longer desired, and cannot be put back yet: it needs a running system, and waits for the first boot',
        },
      ],
    ]);
  });

  test('stays as it is while it is held, whatever was first seen', async () => {
    const host = new FakeHost();
    const known = await apply(host, candidate(host, 1, [file(host, '/etc/a', 'x')]));
    const held = new Map([['file[/etc/a]', 'not now'] as const]);
    const made = await plan(EMPTY(host), known, KINDS, host.host(), { held });
    expect([made.steps, made.waiting.map(({ id }) => id)]).toEqual([[], ['file[/etc/a]']]);
  });

  test('a unit that its owner masked meanwhile is theirs', async () => {
    const host = new FakeHost().unit('a.service', false, false);
    const known = await apply(
      host,
      candidate(host, 1, [unit('a.service', { enabled: true, running: true })]),
    );
    host.units.get('a.service')!.fileState = 'masked';
    expect((await planned(host, EMPTY(host), known)).steps).toEqual([]);
  });
});

test('a unit of which less is asked than before gives back what is still asked', async () => {
  const host = new FakeHost().unit('a.service', false, false);
  const whole = await apply(host, candidate(host, 1, [unit('a.service', { enabled: true, running: true })]));
  const part = await apply(host, candidate(host, 2, [unit('a.service', { enabled: true })]), whole);
  await apply(host, EMPTY(host), part);
  expect(host.units.get('a.service')).toMatchObject({ enabled: false, running: true });
  const again = await planned(host, EMPTY(host), part);
  expect(again.changes).toEqual([]);
});
