import { expect, it } from 'vitest';
import { MANIFEST, manifestChange, touchesManifest } from '../../../agent/health/manifest.ts';

type Plan = Parameters<typeof manifestChange>[0];
const TEXTS: Readonly<Record<string, string>> = {
  old: 'kind: Pod\nspec:\n  containers: [{ name: api, command: [a, b] }]\n',
  same: '# Written by Holdfast\nspec: { containers: [ { command: [a, b], name: api } ] }\nkind: "Pod"\n',
  order: 'kind: Pod\nspec:\n  containers: [{ name: api, command: [b, a] }]\n',
  octal: 'kind: Pod\nspec: { terminationGracePeriodSeconds: 010, hostNetwork: on }\n',
  decimal: 'kind: Pod\nspec: { terminationGracePeriodSeconds: 10, hostNetwork: on }\n',
  eight: 'kind: Pod\nspec: { terminationGracePeriodSeconds: 8, hostNetwork: true }\n',
  broken: 'kind: [\n',
};
const of = (text: string, mode = 0o600) => ({
  content: { sha256: text, size: 1 },
  mode,
  owner: 'root',
  group: 'root',
});
const changed = (id: string, from: unknown, to: unknown): Plan =>
  ({ changes: [{ id, from, to }] }) as unknown as Plan;
const files = {
  text: ({ sha256 }: { sha256: string }): string => {
    const text = TEXTS[sha256];
    if (text === undefined) throw new Error('nobody remembers these bytes');
    return text;
  },
};
const FILE = `file[${MANIFEST}]`;
const BOTH = { had: true, has: true };

it.each<[string, Plan, object | null]>([
  ['other arguments', changed(FILE, of('old'), of('order')), BOTH],
  ['a 10 that was an octal eight', changed(FILE, of('octal'), of('decimal')), BOTH],
  ['one that cannot be read', changed(FILE, of('old'), of('broken')), BOTH],
  ['bytes that are lost', changed(FILE, of('old'), of('lost')), BOTH],
  ['a new manifest', changed(FILE, null, of('old')), { had: false, has: true }],
  [
    'a new manifest in a new folder',
    changed(FILE, { missing: '/etc/kubernetes' }, of('old')),
    { had: false, has: true },
  ],
  ['one that goes away', changed(FILE, of('old'), null), { had: true, has: false }],
  ['values in it', changed(`yaml[${MANIFEST}]`, { a: 1 }, { a: 2 }), BOTH],
])('kubelet acts upon %s', async (_, plan, expected) => {
  expect(await manifestChange(plan, files)).toEqual(expected);
  expect(touchesManifest(plan)).toBe(true);
});

it.each<[string, Plan]>([
  ['a comment and another order of keys', changed(FILE, of('old'), of('same'))],
  ['the same values in another spelling of YAML 1.1', changed(FILE, of('octal'), of('eight'))],
  ['another mode', changed(FILE, of('old'), of('old', 0o644))],
  ['one that was absent and stays so', changed(FILE, null, null)],
  ['another file', changed('file[/etc/kubernetes/manifests/etcd.yaml]', of('old'), of('order'))],
  ['a unit of that name', changed(`unit[${MANIFEST}]`, of('old'), of('order'))],
])('kubelet does not act upon %s', async (_, plan) => {
  expect(await manifestChange(plan, files)).toBeNull();
});
