import { expect, test } from 'vitest';
import { massRemoval } from '../../../agent/plan/mass-removal.ts';
import { parts, type Id } from '../../../agent/resources/kind.ts';
import { candidate, resource } from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

const SPECS: Readonly<Record<string, null | string | object>> = {
  file: null,
  sysctl: '1',
  unit: { enabled: true },
};
const wanting = (ids: readonly Id[], allowed = false) =>
  candidate(
    new FakeHost(),
    1,
    ids.map((id) => resource(parts(id)[0], parts(id)[1], SPECS[parts(id)[0]] as null)),
    allowed,
  );
const files = (n: number): Id[] => Array.from({ length: n }, (_, at): Id => `file[/etc/${at}]`);
const UNIT: Id = 'unit[a.service]';

test.each<[string, Id[], Id[], string | null]>([
  ['the first commit', [], files(3), null],
  ['a commit that names the same', files(3), files(3), null],
  ['half of it leaving', files(4), files(2), null],
  ['more than half of it leaving', files(4), files(1), '3 of the 4 managed resources'],
  ['everything leaving', files(2), [], '2 of the 2 managed resources'],
  [
    'all replaced by others',
    files(2),
    ['file[/etc/x]', 'file[/etc/y]', 'file[/etc/z]'],
    '2 of the 2 managed',
  ],
  ['the only unit of many resources leaving', [...files(9), UNIT], files(9), 'every resource of kind unit'],
  ['a unit taking the place of a unit', [...files(9), UNIT], [...files(9), 'unit[b.service]'], null],
])('%s', (_what, managed, wanted, says) => {
  const why = massRemoval(managed, wanting(wanted));
  if (says === null) expect(why).toBeNull();
  else expect(why).toContain(`it would take away ${says}`);
  expect(massRemoval(managed, wanting(wanted, true))).toBeNull();
});

test('names some of what would go, and says the way out', () => {
  expect(massRemoval(files(6), wanting([]))).toBe(
    'it would take away 6 of the 6 managed resources (file[/etc/0], file[/etc/1], file[/etc/2], file[/etc/3], and 2 more). What this host gets is written in defaults.yaml, roles/control-plane.yaml, roles/haproxy.yaml, roles/master.yaml and hosts/kubernetes-node-1.yaml. If that is meant, write "rollout: { allowMassRemoval: true }" in cluster.yaml for this commit; if not, put the entries back.',
  );
});
