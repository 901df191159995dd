import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import { OUTCOMES, PHASES, readPeerStatus } from '../../../agent/fleet/read-peer-status.ts';
import { writePeerStatus } from '../../../agent/fleet/write-peer-status.ts';
import type { OutcomeName } from '../../../agent/report/status.ts';
import { commitOf } from '../../support/desired.ts';
import { peerOf } from '../../support/peers.ts';

const read = (value: unknown) => readPeerStatus(JSON.stringify(value));
const full = peerOf({
  takenBack: [{ commit: commitOf(2).sha, why: 'https[10.1.233.1:6443]/answers: connection refused' }],
  vip: { held: true, answers: false, seen: 'connection refused' },
  apiServer: { ready: false, seen: 'HTTP 500: etcd failed' },
  staged: { commit: commitOf(3).sha, atMs: 1_700_000_000_000 },
  waiting: { for: 'kubernetes-node-3', why: 'it has not settled yet' },
  changing: commitOf(2).sha,
  driftAgoMs: 12,
  sees: [{ name: 'kubernetes-node-3', agoMs: 7, changing: commitOf(2).sha, tookBack: null }],
});

const sha = fc.stringMatching(/^[0-9a-f]{40}$/);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
const clause = fc.stringMatching(/^[A-Za-z0-9:/.()]{1,40}$/);
const anyStatus: fc.Arbitrary<PeerStatus> = fc.record({
  version: fc.constant(1 as const),
  release: clause,
  hostname: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/),
  role: maybe(fc.constantFrom('MASTER' as const, 'BACKUP' as const, 'worker' as const)),
  priority: maybe(fc.nat(254)),
  head: maybe(sha),
  commit: maybe(sha),
  generation: fc.nat(),
  phase: fc.constantFrom(...(Object.keys(PHASES) as PeerStatus['phase'][])),
  changing: maybe(sha),
  outcome: fc.constantFrom(...(Object.keys(OUTCOMES) as OutcomeName[])),
  settledMs: maybe(fc.nat()),
  takenBack: fc.array(fc.record({ commit: sha, why: clause }), { maxLength: 16 }),
  vip: fc.record({ held: fc.boolean(), answers: maybe(fc.boolean()), seen: maybe(clause) }),
  apiServer: fc.record({ ready: maybe(fc.boolean()), seen: maybe(clause) }),
  staged: maybe(fc.record({ commit: sha, atMs: fc.nat() })),
  waiting: maybe(fc.record({ for: clause, why: clause })),
  paused: fc.boolean(),
  nowMs: fc.nat(),
  lastSuccessMs: maybe(fc.nat()),
  driftAgoMs: maybe(fc.nat()),
  sees: fc.array(
    fc.record({
      name: fc.stringMatching(/^[a-z][a-z0-9]{1,9}$/),
      agoMs: fc.nat(),
      changing: maybe(sha),
      tookBack: maybe(sha),
    }),
    { maxLength: 5 },
  ),
});

test('what one host says another one reads', () => {
  fc.assert(
    fc.property(anyStatus, (status) => {
      expect(readPeerStatus(writePeerStatus(status))).toEqual(status);
    }),
    { seed: 4, numRuns: 300 },
  );
});

test.each(['', '{', 'null', '1', '"idle"', '[]', '{}', '{"version":1}', 'a'.repeat(70_000)])(
  'an answer that is no status is unreadable: %.20s',
  (text) => expect(readPeerStatus(text)).toBeNull(),
);

/** Every field, also the nested ones: `takenBack.0.why`. */
function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsIn(inner).map((path) => [key, ...path]),
  ]);
}
function withField(path: readonly string[], edit: (at: Record<string, unknown>, key: string) => void) {
  const copy = structuredClone(full) as unknown as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  edit(at, path.at(-1)!);
  return copy;
}

/** What may be `null` need not be said. */
const MAY_LACK: ReadonlySet<string> = new Set([
  'head',
  'commit',
  'priority',
  'role',
  'changing',
  'settledMs',
  'lastSuccessMs',
  'staged',
  'waiting',
  'driftAgoMs',
  'sees',
  'sees.0',
  'sees.0.changing',
  'sees.0.tookBack',
  'takenBack.0',
  'vip.answers',
  'vip.seen',
  'apiServer',
  'apiServer.ready',
  'apiServer.seen',
]);
const WRONG: readonly unknown[] = [{ a: 1 }, [[]], -1, 1e300, 'Ümläut !', '\u001b', true];
describe.each(pathsIn(full).map((path) => ({ path, named: path.join('.') })))('$named', ({ path }) => {
  test('of another shape makes the whole unreadable, and is never taken as it is', () => {
    for (const wrong of WRONG) {
      const found = read(withField(path, (at, key) => (at[key] = wrong)));
      if (found === null) continue;
      // It has this shape: a truth value where one belongs, words where words do. Then nothing in it may act.
      const got = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], found);
      expect(typeof got).toBe(typeof path.reduce<unknown>((at, key) => (at as never)[key], full));
      expect(JSON.stringify(found)).not.toContain('\\u001b');
    }
  });

  test('that is not said is unknown, or makes the whole unreadable', () => {
    const found = read(withField(path, (at, key) => (Array.isArray(at) ? at.splice(0, 1) : delete at[key])));
    expect(found !== null).toBe(MAY_LACK.has(path.join('.')));
  });
});

test('what an older release does not say is unknown, and not a guess', () => {
  const { head: _, apiServer: __, driftAgoMs: ___, sees: ____, ...older } = full;
  expect(read(older)).toMatchObject({
    head: null,
    apiServer: { ready: null, seen: null },
    driftAgoMs: null,
    sees: [],
  });
});

test('what a later release says besides is left out', () => {
  expect(read({ ...full, secret: 'x', vip: { ...full.vip, more: 1 } })).toEqual(full);
  expect(read({ ...full, version: 2 })).toBeNull();
  expect(read({ ...full, phase: 'meditating' })).toBeNull();
});

test.each(['generation', 'nowMs', 'settledMs', 'lastSuccessMs', 'priority', 'driftAgoMs'])(
  'a %s below zero, or beyond what can be counted, is unreadable',
  (name) => {
    for (const wrong of [-1, 2 ** 60]) expect(read({ ...full, [name]: wrong })).toBeNull();
  },
);

test('names that every object has are no fields of it', () => {
  const { phase: _, ...without } = full;
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(read({ ...full, phase: name })).toBeNull();
    expect(read({ ...full, outcome: name })).toBeNull();
    expect(read({ ...full, role: name })).toBeNull();
  }
  const inherited = JSON.stringify(without).replace('{', '{"__proto__":{"phase":"idle"},');
  expect(readPeerStatus(inherited)).toBeNull();
  const polluting = JSON.stringify(full).replace('{', '{"__proto__":{"polluted":true},');
  expect(readPeerStatus(polluting)).toEqual(full);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('words from a peer cannot act on a terminal', () => {
  const found = read({ ...full, waiting: { for: 'x', why: 'a\u001b[2Jb\nc\u202ed' } });
  expect(found?.waiting?.why).toBe('a\\x1b[2Jb c\\u202ed');
});

test('a peer that sends much is not read', () => {
  expect(read({ ...full, waiting: { for: 'x', why: 'y'.repeat(513) } })).toBeNull();
  expect(read({ ...full, takenBack: Array(17).fill(full.takenBack[0]) })).toBeNull();
  expect(read({ ...full, sees: Array(257).fill(full.sees?.[0]) })).toBeNull();
});

test('a host with much to say says as much as its peers can read, the newest last', () => {
  const takenBack = Array.from({ length: 40 }, (_, n) => ({
    commit: n.toString(16).padStart(40, '0'),
    why: `${n} ${'語'.repeat(3000)}`,
  }));
  const sees = Array.from({ length: 300 }, (_, n) => ({
    name: `kubernetes-node-${n}`,
    agoMs: 123_456,
    changing: commitOf(1).sha,
    tookBack: commitOf(1).sha,
  }));
  const text = writePeerStatus({
    ...full,
    takenBack,
    sees,
    vip: { held: true, answers: false, seen: '\u001b\n"'.repeat(9000) },
    waiting: { for: 'x', why: 'y'.repeat(9000) },
  });
  expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024);
  const found = readPeerStatus(text);
  expect(found?.takenBack).toHaveLength(16);
  expect(found?.takenBack.at(-1)?.commit).toBe(takenBack.at(-1)?.commit);
  expect(found?.waiting?.why).toMatch(/y…$/);
});
