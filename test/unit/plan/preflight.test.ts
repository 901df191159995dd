import { describe, expect, test } from 'vitest';
import type { FileOnDisk } from '../../../agent/host/host.ts';
import { plan } from '../../../agent/plan/plan.ts';
import { preflight, type Guard } from '../../../agent/plan/preflight.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Resource } from '../../../agent/resources/kind.ts';
import { candidate, file, reload, unit, UNKNOWN } from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

const CFG = '/etc/haproxy/haproxy.cfg';
const CHECK = { validate: [['haproxy', '-c', '-f', '{file}']] };

async function reasons(host: FakeHost, resources: readonly Resource[], guards: readonly Guard[] = []) {
  const made = await plan(candidate(host, 1, resources), UNKNOWN, KINDS, host.host());
  return preflight(made, host.bench(), guards);
}
const withHaproxy = (): FakeHost => new FakeHost().put('/usr/sbin/haproxy', 'ELF');

describe('a file’s checks', () => {
  test('see the new bytes, with the plan’s other files beside them', async () => {
    const host = withHaproxy();
    const staged: (readonly [string, string])[] = [];
    host.verdict = (_argv, path, files: ReadonlyMap<string, FileOnDisk>) => {
      for (const [at, { content }] of files) staged.push([`${path} sees ${at}`, host.blobs.text(content)]);
      return { ok: true };
    };
    const resources = [file(host, CFG, 'new', CHECK), file(host, '/etc/haproxy/errors.http', '503')];
    expect(await reasons(host, resources)).toEqual([]);
    expect(staged).toEqual([
      [`${CFG} sees ${CFG}`, 'new'],
      [`${CFG} sees /etc/haproxy/errors.http`, '503'],
    ]);
  });

  test('each speak for themselves', async () => {
    const host = withHaproxy().put('/usr/bin/grep', 'ELF');
    host.verdict = ([program]) => ({ ok: false, why: `"${program}" failed with exit code 1` });
    const validate = [...CHECK.validate, ['grep', '-q', 'bind', '{file}']];
    expect(await reasons(host, [file(host, CFG, 'new', { validate })])).toEqual([
      { id: `file[${CFG}]`, why: 'its check refused it: "haproxy" failed with exit code 1' },
      { id: `file[${CFG}]`, why: 'its check refused it: "grep" failed with exit code 1' },
    ]);
  });

  test('that speak of a line of the file say how to see it', async () => {
    const host = withHaproxy();
    host.verdict = () => ({ ok: false, why: `"haproxy -f ${CFG}" failed: parsing [${CFG}:3] : no` });
    expect((await reasons(host, [file(host, CFG, 'new', CHECK)]))[0]?.why).toBe(
      `its check refused it: "haproxy -f ${CFG}" failed: parsing [${CFG}:3] : no\n  See the file with: holdfast render . --host kubernetes-node-1 --out DIR`,
    );
  });

  test('that cannot be made speak against their own file, and against nothing else', async () => {
    const host = withHaproxy();
    host.verdict = () => {
      throw new Error(
        'Cannot lay out for a check /etc/haproxy/haproxy.cfg: no space left on device (ENOSPC).',
      );
    };
    const resources = [file(host, CFG, 'new', CHECK), file(host, '/etc/motd', 'hello')];
    expect(await reasons(host, resources)).toEqual([
      {
        id: `file[${CFG}]`,
        why: 'it cannot be checked: Cannot lay out for a check /etc/haproxy/haproxy.cfg: no space left on device (ENOSPC).',
      },
    ]);
  });

  test('are not run for a file that does not change', async () => {
    const host = withHaproxy().put(CFG, 'same');
    host.verdict = () => ({ ok: false, why: 'never asked' });
    expect(await reasons(host, [file(host, CFG, 'same', CHECK)])).toEqual([]);
  });
});

describe('a unit that is to reload', () => {
  const resources = (host: FakeHost): readonly Resource[] => [
    file(host, '/etc/a', 'x', { notify: [reload('a.service')] }),
    unit('a.service', { enabled: true }),
  ];

  test('and cannot, is found before anything is written', async () => {
    const host = new FakeHost().unit('a.service', true, true, { canReload: false });
    expect(await reasons(host, resources(host))).toEqual([
      {
        id: 'file[/etc/a]',
        why: 'a.service cannot reload its configuration. Write "notify: { restart: a.service }" instead of reload.',
      },
    ]);
  });

  test('and does not run, is not asked to', async () => {
    const host = new FakeHost().unit('a.service', true, false, { canReload: false });
    expect(await reasons(host, resources(host))).toEqual([]);
  });
});

test('nothing to do needs no check at all', async () => {
  const guard: Guard = () => Promise.reject(new Error('asked'));
  expect(await reasons(new FakeHost(), [], [guard])).toEqual([]);
});
