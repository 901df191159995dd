import { describe, expect, test } from 'vitest';
import type { Json } from '../../../agent/host/host.ts';
import { file } from '../../../agent/resources/file.ts';
import { FakeHost, fileOf } from '../../support/fake-host.ts';

const PATH = '/etc/haproxy/haproxy.cfg';
const planning = { name: PATH, coming: new Set<string>() };

async function seen(host: FakeHost, path = PATH): Promise<Json> {
  return (await file.observe(new Map([[path, null]]), host.host())).get(path)!;
}
async function targetOn(host: FakeHost, spec: Json): Promise<Json> {
  const target = file.target(spec, await seen(host), planning);
  if (!('to' in target)) throw new Error('a file never waits by itself');
  return target.to;
}
const described = (host: FakeHost, from: Json, to: Json, secret = false) =>
  file.describe(from, to, { secret, text: (blob) => host.blobs.text(blob) });

/** What may be there, and what may be wanted. */
const THERE: readonly (readonly [string, (host: FakeHost) => void])[] = [
  ['nothing, not even its folder', () => {}],
  ['nothing in its folder', (host) => host.makeFolders('/etc/haproxy')],
  ['the wanted file', (host) => void host.put(PATH, 'global\n')],
  ['other bytes', (host) => void host.put(PATH, 'defaults\n')],
  ['another mode', (host) => void host.put(PATH, 'global\n', 0o600)],
  ['another owner', (host) => void host.put(PATH, 'global\n', 0o644, 'haproxy')],
  ['another group', (host) => void host.put(PATH, 'global\n', 0o644, 'root', 'haproxy')],
];

describe.each(THERE)('where there is %s', (there, prepare) => {
  test.each([
    ['to be there', 'global\n'],
    ['to be absent', null],
  ])('a file that is %s is so after one step, and then nothing is left to do', async (_what, text) => {
    const host = new FakeHost();
    prepare(host);
    const spec = text === null ? null : fileOf(host, text);
    const to = await targetOn(host, spec);
    const isSettled = file.settled(to, await seen(host));
    const isAlready = text === null ? there.startsWith('nothing') : there === 'the wanted file';
    expect(isSettled).toBe(isAlready);
    await file.enforce(PATH, to, host.host());
    expect(file.settled(await targetOn(host, spec), await seen(host))).toBe(true);
    expect(host.files.get(PATH) ?? null).toEqual(spec);
  });

  test('going back leaves what was there, folders, mode and owner included', async () => {
    const host = new FakeHost();
    prepare(host);
    const first = await seen(host);
    const before = host.snapshot();
    await file.enforce(PATH, fileOf(host, 'changed\n', 0o600, 'haproxy', 'haproxy'), host.host());
    await file.enforce(PATH, first, host.host());
    expect(host.snapshot()).toBe(before);
  });
});

test('a folder that was made for it stays as long as somebody else has a file in it', async () => {
  const host = new FakeHost();
  const first = await seen(host);
  await file.enforce(PATH, fileOf(host, 'x'), host.host());
  host.put('/etc/haproxy/theirs', 'y');
  await file.enforce(PATH, first, host.host());
  expect(host.text('/etc/haproxy/theirs')).toBe('y');
});

test('a directory in its place is never taken for an absent file', async () => {
  const host = new FakeHost();
  host.makeFolders(PATH);
  await expect(seen(host)).rejects.toThrow(`${PATH} is a directory`);
});

describe('what is said of a change', () => {
  test('bytes as a unified diff, and each of mode, owner and group', () => {
    const host = new FakeHost();
    const to = fileOf(host, 'a\nb\nd\n', 0o640, 'haproxy', 'haproxy');
    expect(described(host, fileOf(host, 'a\nb\nc\n'), to)).toEqual({
      summary: ['content', 'mode 0644 → 0640', 'owner root → haproxy', 'group root → haproxy'],
      detail: ['@@ -1,3 +1,3 @@', ' a', ' b', '-c', '+d'],
    });
  });

  test('a new file and a removed one are named as such', () => {
    const host = new FakeHost();
    const there = fileOf(host, 'a\n', 0o600);
    expect(described(host, { missing: '/etc/haproxy' }, there)).toEqual({
      summary: ['new, mode 0600, root:root'],
      detail: ['@@ -0,0 +1,1 @@', '+a'],
    });
    expect(described(host, there, null)).toEqual({ summary: ['removed'], detail: ['@@ -1,1 +0,0 @@', '-a'] });
  });

  test('a file that ends without a newline says so', () => {
    const host = new FakeHost();
    const { detail } = described(host, fileOf(host, 'a\n'), fileOf(host, 'a'));
    expect(detail).toEqual(['@@ -1,1 +1,1 @@', '-a', '+a', '\\ No newline at end of file']);
  });

  test('the bytes of a secret are in neither summary nor detail', () => {
    const host = new FakeHost();
    const said = described(host, fileOf(host, 'pass old-one'), fileOf(host, 'pass new-one'), true);
    expect(said).toEqual({ summary: ['content (secret)'], detail: [] });
  });

  test('binary bytes are not shown', () => {
    const host = new FakeHost();
    const { detail } = described(host, fileOf(host, 'a\0b'), fileOf(host, 'text\n'));
    expect(detail).toEqual(['(binary, 3 → 5 bytes)']);
  });

  test('escape sequences of a terminal do not act', () => {
    const host = new FakeHost();
    const { detail } = described(host, null, fileOf(host, 'a\u001b[2Jb\u009b2Jc\n'));
    expect(detail.join('')).not.toMatch(/[\u001b\u009b]/);
    expect(detail).toContain('+a·[2Jb·2Jc');
  });

  test('two files without a common line are not compared for minutes', () => {
    const host = new FakeHost();
    const lines = (word: string) => Array.from({ length: 20_000 }, (_, n) => `${word} ${n}\n`).join('');
    const { detail } = described(host, fileOf(host, lines('ours')), fileOf(host, lines('theirs')));
    expect(detail).toEqual([
      `(too different to show, ${lines('ours').length} → ${lines('theirs').length} bytes)`,
    ]);
  });
});

test('a state refers to its bytes, and brings its path, only when it is there', () => {
  const host = new FakeHost();
  const there = fileOf(host, 'a');
  expect(file.blobs(there)).toEqual([there.content]);
  expect(file.paths(PATH, there)).toEqual([PATH]);
  for (const gone of [null, { missing: '/etc/haproxy' }]) {
    expect(file.blobs(gone)).toEqual([]);
    expect(file.paths(PATH, gone)).toEqual([]);
  }
});
