import { describe, expect, test } from 'vitest';
import { packageKind } from '../../../agent/resources/package.ts';
import { FakeHost } from '../../support/fake-host.ts';

const PLANNING = { name: 'haproxy', coming: new Set<string>() };
const seen = (host: FakeHost, ...names: string[]) =>
  packageKind.observe(new Map(names.map((name) => [name, null])), host.host());

const withHaproxy = (isThere: boolean): FakeHost => {
  const host = new FakeHost();
  if (isThere) host.packages.add('haproxy');
  return host;
};

describe.each([true, false])('where it is installed: %s', (isThere) => {
  test.each([true, false])('it becomes installed: %s', async (installed) => {
    const host = withHaproxy(isThere);
    await packageKind.enforce('haproxy', { installed }, host.host());
    expect(host.packages.has('haproxy')).toBe(installed);
    expect(host.log).toHaveLength(isThere === installed ? 0 : 1);
  });

  test('present is the only wish', async () => {
    const observed = (await seen(withHaproxy(isThere), 'haproxy')).get('haproxy')!;
    expect(observed).toEqual({ installed: isThere });
    expect(packageKind.target('present', observed, PLANNING)).toEqual({ to: { installed: true } });
  });
});

test('apt asks nothing, keeps edited configuration, waits for another apt, and outlives the agent', async () => {
  const host = withHaproxy(false);
  await packageKind.enforce('haproxy', { installed: true }, host.host());
  const [line] = host.log;
  expect(line).toMatch(
    /^systemd-run .*--wait .*\/usr\/lib\/holdfast\/apt-get-durably .*install --no-install-recommends -- haproxy$/,
  );
  for (const part of [
    '--setenv=DEBIAN_FRONTEND=noninteractive',
    'Dpkg::Options::=--force-confold',
    'DPkg::Lock::Timeout=300',
  ])
    expect(line).toContain(part);
});

test('what was absent before a change is purged on the way back', async () => {
  const host = withHaproxy(true);
  await packageKind.enforce('haproxy', { installed: false }, host.host());
  expect(host.log[0]).toMatch(/purge -- haproxy$/);
});

test.each([
  ['installed', true],
  ['half-configured', false],
  ['unpacked', false],
  ['config-files', false],
])('dpkg’s "%s" counts as installed: %s', async (status, installed) => {
  const host = new FakeHost();
  host.simulated.push(() => ({ exitCode: 0, stdout: `haproxy ${status}\n`, stderr: '' }));
  expect((await seen(host, 'haproxy')).get('haproxy')).toEqual({ installed });
});

test('one that dpkg does not know hides no other', async () => {
  expect([...(await seen(withHaproxy(true), 'no-such', 'haproxy'))]).toEqual([
    ['no-such', { installed: false }],
    ['haproxy', { installed: true }],
  ]);
});

test('a dpkg that cannot answer is unknown, never absent', async () => {
  const host = new FakeHost();
  host.simulated.push(() => ({
    exitCode: 2,
    stdout: '',
    stderr: 'dpkg-query: error: cannot open /var/lib/dpkg',
  }));
  await expect(seen(host, 'haproxy')).rejects.toThrow(
    'dpkg-query failed with exit code 2: dpkg-query: error',
  );
});

test('it stays when the desired state no longer names it', () => {
  expect(packageKind.leaving).toBe('stay');
});
