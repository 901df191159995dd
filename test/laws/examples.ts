import fc from 'fast-check';
import type { Resource } from '../../agent/resources/kind.ts';
import { absent, file, pkg, resource, sysctl, unit, yaml } from '../support/desired.ts';
import type { FakeHost } from '../support/fake-host.ts';
import { installUfw } from '../support/fake-ufw.ts';

/** What a host may look like, and what may be wanted of it. */
export type Example = {
  /** Makes a new host look like this. */
  readonly prepare: (host: FakeHost) => Promise<void> | void;
  readonly wanted: (host: FakeHost) => readonly Resource[];
  /** It is mended and never broken again, so going back does not give back exactly this. */
  readonly broken?: boolean;
};
export type Prepare = Example['prepare'];
export type Wanted = Example['wanted'];
type Of<T> = readonly T[];
const pairs = (
  states: Of<Prepare | { readonly broken: Prepare }>,
  wanted: Of<Wanted>,
): fc.Arbitrary<Example> =>
  fc
    .record({ state: fc.constantFrom(...states), wanted: fc.constantFrom(...wanted) })
    .map((of) =>
      typeof of.state === 'function'
        ? { prepare: of.state, wanted: of.wanted }
        : { prepare: of.state.broken, wanted: of.wanted, broken: true },
    );

const several = <T>(of: Of<fc.Arbitrary<T>>): fc.Arbitrary<readonly T[]> => fc.tuple(...of);
const all =
  (steps: readonly Prepare[]): Prepare =>
  async (host) => {
    for (const step of steps) await step(host);
  };

// ---- file ------------------------------------------------------------------------------------

const PATHS = ['/etc/a.conf', '/etc/new/deep/b.conf', '/etc/new/c.conf'];
const text = fc.constantFrom('', 'one\n', 'two\nlines\n');
const look = fc.record({
  text,
  mode: fc.constantFrom(0o644, 0o600, 0o4755),
  owner: fc.constantFrom('root', 'haproxy'),
  group: fc.constantFrom('root', 'haproxy'),
});
const fileExample = several(
  PATHS.map((path) =>
    fc.record({
      path: fc.constant(path),
      there: fc.option(look),
      folder: fc.boolean(),
      wanted: fc.option(fc.option(look, { nil: 'absent' as const })),
    }),
  ),
).map((files): Example => ({
  prepare: (host) => {
    for (const { path, there, folder } of files) {
      if (folder) host.makeFolders(path.slice(0, path.lastIndexOf('/')));
      if (there) host.put(path, there.text, there.mode, there.owner, there.group);
    }
  },
  wanted: (host) =>
    files.flatMap(({ path, wanted }) => {
      if (wanted === null) return [];
      return [wanted === 'absent' ? absent(path) : file(host, path, wanted.text, wanted)];
    }),
}));

// ---- yaml ------------------------------------------------------------------------------------

const MANIFESTS = [
  'spec:\n  containers:\n  - command:\n    - kube-apiserver\n    - --secure-port=6443 # theirs\n    name: api\n  host: "10.1.1.1"\n',
  'spec: {host: x, containers: [{name: api, command: [kube-apiserver, "--bind-address=::"]}]}',
  'spec:\r\n  containers:\r\n  - name: api\r\n    command:\r\n    - --bind-address=10.1.1.1\r\n  a: 1\r\n',
  'spec: {}\n',
  '',
];
const COMMAND = 'spec.containers[name=api].command';
const EDITS = {
  'spec.host': fc.constantFrom('10.1.1.1', '10.1.1.2', null),
  [`${COMMAND}[--bind-address]`]: fc.constantFrom('10.1.1.1', '10.1.1.2', null),
  [`${COMMAND}[--secure-port]`]: fc.constantFrom('7443', null),
  'spec.a': fc.constantFrom(1, 2, true, 'x: y', null),
};
const yamlExample = fc
  .record({
    path: fc.constantFrom('/etc/kubernetes/manifests/api.yaml', '/etc/new/deep/config'),
    there: fc.option(fc.record({ text: fc.constantFrom(...MANIFESTS), of: look })),
    edits: fc.record(EDITS, { requiredKeys: [] }).filter((edits) => Object.keys(edits).length > 0),
  })
  .map(({ path, there, edits }): Example => ({
    prepare: (host) => {
      if (there) host.put(path, there.text, there.of.mode, there.of.owner, there.of.group);
    },
    wanted: () => [yaml(path, edits)],
  }));

// ---- sysctl ----------------------------------------------------------------------------------

const KEYS = [
  ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
  ['net.ipv4.conf.eth0/100.rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
] as const;
const sysctlExample = several(
  KEYS.map(([key, path]) =>
    fc.record({
      key: fc.constant(key),
      path: fc.constant(path),
      live: fc.constantFrom('0', '1', '2', null),
      dropIn: fc.option(look),
      wanted: fc.option(fc.constantFrom('0', '1', ' 2 ')),
    }),
  ),
).map((keys): Example => ({
  prepare: (host) => {
    host.makeFolders('/etc/sysctl.d');
    for (const { path, live, dropIn } of keys) {
      if (live !== null) host.kernel.set(path, live);
      const name = path.replaceAll('.', '~').replaceAll('/', '.');
      if (dropIn)
        host.put(
          `/etc/sysctl.d/99-holdfast-${name}.conf`,
          dropIn.text,
          dropIn.mode,
          dropIn.owner,
          dropIn.group,
        );
    }
  },
  wanted: () => keys.flatMap(({ key, wanted }) => (wanted === null ? [] : [sysctl(key, wanted)])),
}));

// ---- unit ------------------------------------------------------------------------------------

const on = fc.boolean();
const unitState = fc.oneof(
  fc.constant<Prepare>(() => {}),
  fc.tuple(on, on).map(
    ([enabled, running]): Prepare =>
      (host) =>
        void host.unit('a.service', enabled, running),
  ),
  fc.tuple(fc.constantFrom('static' as const, 'masked' as const), on).map(
    ([fileState, running]): Prepare =>
      (host) =>
        void host.unit('a.service', false, running, { fileState }),
  ),
);
const unitSpec = fc
  .record({ enabled: on, running: on }, { requiredKeys: [] })
  .filter((spec) => Object.keys(spec).length > 0);
const unitExample = fc
  .record({ prepare: unitState, spec: unitSpec })
  .map(({ prepare, spec }): Example => ({ prepare, wanted: () => [unit('a.service', spec)] }));

// ---- package ---------------------------------------------------------------------------------

const packageExample = pairs(
  [() => {}, (host) => void host.packages.add('haproxy')],
  [() => [pkg('haproxy')], () => [pkg('haproxy'), pkg('keepalived')]],
);

// ---- ufw -------------------------------------------------------------------------------------

const userRule =
  (tuple: string, six = ''): Prepare =>
  (host) => {
    const path = `/etc/ufw/user${six}.rules`;
    const block = `\n### tuple ### ${tuple}\n-A ufw${six}-user-input -j ACCEPT\n`;
    host.put(path, host.text(path)!.replace('\n### END RULES', `${block}\n### END RULES`), 0o640);
  };
const TUPLES = [
  'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=6d696e65',
  'deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in',
  'allow tcp 2380 0.0.0.0/0 any 10.1.1.2 in',
];
const RULES = [
  'allow 22/tcp',
  'limit 6443/tcp',
  'allow from 10.1.1.2 to any port 2380 proto tcp',
  'deny 23/tcp',
  "allow 9463/tcp comment 'status'",
];
const start: Prepare = async (host) => void (await host.host().live!.run(['ufw', '--force', 'enable']));
const withUfw: Prepare = (host) => {
  const ufw = installUfw(host);
  host.watched.push(() => ({ ...ufw.kernel }));
};
const userRules = fc.subarray(TUPLES).map((tuples) => tuples.map((tuple) => userRule(tuple)));
const rulesExample = fc
  .record({ theirs: userRules, runs: on, rules: fc.shuffledSubarray(RULES), isThere: fc.nat(9) })
  .map(({ theirs, runs, rules, isThere }): Example => ({
    prepare: isThere === 0 ? () => {} : all([withUfw, ...theirs, ...(runs ? [start] : [])]),
    wanted: () => [resource('ufw-rules', 'host', { rules })],
  }));

const flushed: Prepare = (host) => {
  const ufw = installUfw(host);
  host.watched.push(() => ({ ...ufw.kernel }));
  host.put('/etc/ufw/ufw.conf', 'ENABLED=yes\nLOGLEVEL=low\n');
};
const ufwExample = pairs(
  [() => {}, withUfw, all([withUfw, start]), { broken: flushed }],
  [true, false].map((enabled): Wanted => () => [resource('ufw', 'host', { enabled })]),
);

/** One for every kind that there is: the laws fail for a kind that has none. */
export const EXAMPLES: Readonly<Record<string, fc.Arbitrary<Example>>> = {
  file: fileExample,
  yaml: yamlExample,
  sysctl: sysctlExample,
  unit: unitExample,
  package: packageExample,
  'ufw-rules': rulesExample,
  ufw: ufwExample,
};
