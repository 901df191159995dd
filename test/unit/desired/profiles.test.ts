import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../../agent/desired/candidate.ts';
import { everyHost } from '../../../agent/desired/every-host.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { renderedFiles } from '../../../agent/desired/rendered-files.ts';
import { stepsBackBy } from '../../../agent/health/keepalived-conf.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { HARDENED } from '../../support/lockstep.ts';

/** The template itself, as each of its profiles renders it. */
const TEMPLATE = new URL('../../../desired-state/', import.meta.url);
const shipped = Object.fromEntries(
  readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`)
    .map((path) => [path.slice(TEMPLATE.pathname.length).replace(/^\/+/, ''), readFileSync(path, 'utf8')]),
);
type Lines = readonly (readonly [RegExp, string])[];

async function candidate(lines: Lines, n: number) {
  const cluster = lines.reduce((text, [from, to]) => text.replace(from, to), shipped['cluster.yaml']!);
  const found = await candidateOf({
    tree: memoryTree({ ...shipped, 'cluster.yaml': cluster }),
    from: { commit: 'a'.repeat(40), author: 'Ada', subject: 'A profile' },
    identity: {
      hostname: `kubernetes-node-${n}`,
      addresses: new Map([['eth0', [`10.1.1.${n}`]]]),
    },
    checkAddress: true,
    kinds: KINDS,
    unlock: null,
  });
  if (!('resources' in found)) throw new Error(JSON.stringify(found));
  return found;
}
const rendered = async (lines: Lines, n: number): Promise<ReadonlyMap<string, string>> =>
  new Map(
    [...renderedFiles(await candidate(lines, n))].map(([path, { bytes }]) => [
      path,
      new TextDecoder().decode(bytes),
    ]),
  );
/** Without comments. */
const keepalived = async (lines: Lines, n: number): Promise<string> =>
  (await rendered(lines, n)).get('/etc/keepalived/keepalived.conf')!.replaceAll(/^\s*#.*\n/gm, '');

const PREEMPT_NOT: Lines = [[/preempt: true/, 'preempt: false']];
const NGINX: Lines = [[/^loadBalancer: .*/m, 'loadBalancer: nginx']];

describe('keepalived.conf', () => {
  it('speaks as the lesson does until it is told otherwise', async () => {
    const conf = await keepalived([], 1);
    expect(conf).toMatch(
      /vrrp_version 2[^]*state MASTER[^]*priority 100[^]*advert_int 1\n[^]*auth_pass \[secret vrrp\]/,
    );
    expect(conf).not.toContain('unicast');
    expect(await keepalived([], 2)).toMatch(/state BACKUP[^]*priority 99/);
  });

  it('is hardened by cluster.yaml alone', async () => {
    const conf = await keepalived(HARDENED, 1);
    expect(conf).toMatch(
      /vrrp_version 3\n {2}max_auto_priority 50[^]*state MASTER[^]*priority 250[^]*advert_int 0\.5/,
    );
    expect(conf).toMatch(
      /unicast_src_ip 10\.1\.1\.1\n {2}check_unicast_src\n {2}unicast_peer \{\n {4}10\.1\.1\.2\n {4}10\.1\.1\.3\n {2}\}/,
    );
    expect(conf).not.toMatch(/auth|script/);
  });

  it.each([1, 2, 3])(
    'without preempt has no weight and no MASTER on node %i, and no handover that would need them',
    async (n) => {
      const conf = await keepalived([...HARDENED, ...PREEMPT_NOT], n);
      expect(conf).toMatch(/state BACKUP\n {2}nopreempt/);
      expect(conf.match(/weight .*/g)).toEqual(['weight 0']);
      expect(stepsBackBy('/run/holdfast/handover', '10.1.233.1', conf)).toBe(false);
      expect(stepsBackBy('/run/holdfast/handover', '10.1.233.1', await keepalived(HARDENED, n))).toBe(true);
    },
  );
});

const ONE_NODE: Lines = [[/^ {2}kubernetes-node-[23]: .*\n/gm, '']];
it.each([
  ['the lesson', []],
  ['the lesson with nginx', NGINX],
  ['hardened', HARDENED],
  ['hardened with nginx', [...HARDENED, ...NGINX]],
  ['without preempt', PREEMPT_NOT],
  ['hardened without preempt', [...HARDENED, ...PREEMPT_NOT]],
  ['hardened, with one node', [...HARDENED, ...ONE_NODE]],
] as readonly (readonly [string, Lines])[])(
  '%s: validate says nothing but whose keys are missing',
  async (_, lines) => {
    const cluster = lines.reduce((text, [from, to]) => text.replace(from, to), shipped['cluster.yaml']!);
    const { diagnostics } = await everyHost(memoryTree({ ...shipped, 'cluster.yaml': cluster }), KINDS);
    expect(diagnostics.filter(({ file }) => !/^(secrets|hosts)\//.test(file ?? ''))).toEqual([]);
  },
);

it('nginx.conf is tried with another address in place of the virtual one alone, so that each port stays one', async () => {
  const { resources } = await candidate(NGINX, 2);
  const tried = "sed -i 's/listen 10.1.233.1:/listen 127.0.0.2:/' {file} && exec nginx -t -q -c {file}";
  expect(resources.find(({ id }) => id === 'file[/etc/nginx/nginx.conf]')?.validate).toEqual([
    ['sh', '-c', tried],
  ]);
});

describe.each([
  ['HAProxy', 'haproxy', [] as Lines],
  ['nginx', 'nginx', NGINX],
])('%s', (_, name, lines) => {
  it('tells keepalived by the file that it tracks, which says no at boot', async () => {
    const files = await rendered(lines, 2);
    const dropIn = files.get(`/etc/systemd/system/${name}.service.d/vip.conf`)!;
    const tracked = /track_file balancer \{\s+file (\S+)/.exec(
      files.get('/etc/keepalived/keepalived.conf')!,
    )![1]!;
    expect(dropIn.split('\n')).toEqual(
      expect.arrayContaining([
        `ExecStartPost=-/bin/sh -c 'echo 0 >${tracked}'`,
        `ExecStopPost=-/bin/sh -c 'echo -254 >${tracked}'`,
      ]),
    );
    expect(files.get('/etc/tmpfiles.d/vip.conf')).toMatch(
      new RegExp(`^f! ${tracked} 0644 root root - -254$`, 'm'),
    );
  });

  it('serves on for more than an advert when it is stopped where the address is', async () => {
    const stop = async (more: Lines) =>
      (await rendered([...lines, ...more], 1)).get(`/etc/systemd/system/${name}.service.d/vip.conf`);
    expect(await stop([])).toMatch(/^ExecStop=-.*echo -254 .*exec sleep 1\.20'$/m);
    expect(await stop(HARDENED)).toMatch(/exec sleep 0\.70'$/m);
  });

  it('has a path of its own beside the virtual IP, and the other one has no file', async () => {
    const files = await rendered(lines, 3);
    const config = files.get(name === 'nginx' ? '/etc/nginx/nginx.conf' : '/etc/haproxy/haproxy.cfg')!;
    for (const where of ['10.1.233.1:6443', '127.0.0.1:7443', '127.0.0.1:7444'])
      expect(config).toMatch(new RegExp(`^\\s*(bind|listen) ${where};?$`, 'm'));
    const other = name === 'nginx' ? 'haproxy' : 'nginx';
    expect([...files.keys()].filter((path) => path.includes(other))).toEqual([]);
  });
});
