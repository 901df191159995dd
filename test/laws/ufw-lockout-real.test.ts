import { spawn, type ChildProcess } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseChains } from '../../agent/resources/ufw-chains.ts';
import { ufwRules } from '../../agent/resources/ufw-rules.ts';
import { readChains } from '../../agent/plan/lockout-chains.ts';
import { verdict } from '../../agent/plan/lockout-verdict.ts';
import { readSettings } from '../../agent/resources/ufw-files.ts';
import { FarNamespace, ready } from '../support/far-namespace.ts';
import { planRules } from '../support/ufw-kinds.ts';
import { UfwNamespace } from '../support/ufw-namespace.ts';

/*
 *   far (10.1.1.2, 10.1.0.254, 10.2.0.9, fd00::2) ── eth0 ── ufw's namespace (10.1.1.1, fd00::1)
 */
const HERE = { v4: '10.1.1.1', v6: 'fd00::1' } as const;
const SOURCES = ['10.1.1.2', '10.1.0.254', '10.2.0.9', 'fd00::2'];
const PORTS = [22, 2380, 6443];
const LISTENER = `
import socket, time
for port in (${PORTS.join(', ')}):
    s = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    globals()['s%d' % port] = s
print('ready', flush=True)
input()
`;
/** Tries every source and port at once; prints those that get through. */
const PROBE = `
import socket, sys, threading
through = []
def probe(source, to, port):
    try:
        socket.create_connection((to, port), timeout=0.7, source_address=(source, 0)).close()
        through.append(f'{source} {port}')
    except OSError:
        pass
all = [threading.Thread(target=probe, args=(s, '${HERE.v6}' if ':' in s else '${HERE.v4}', p))
       for s in ${JSON.stringify(SOURCES)} for p in (${PORTS.join(', ')})]
for t in all: t.start()
for t in all: t.join()
print('\\n'.join(through))
`;

/** Where adverts go, by multicast and by unicast. */
const ADVERTS = ['224.0.0.18', '10.1.1.2'];
/** Prints where the kernel lets one go: it tells whoever sends what the OUTPUT chain drops or rejects. */
const ADVERT = `
import socket
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton('${HERE.v4}'))
for to in ${JSON.stringify(ADVERTS)}:
    try:
        raw.sendto(bytes(20), (to, 0))
        print(to)
    except PermissionError:
        pass
`;

let ns: UfwNamespace;
let far: FarNamespace;
let listener: ChildProcess;
beforeAll(async () => {
  ns = await UfwNamespace.open();
  far = await FarNamespace.open(ns, {
    here: [`${HERE.v4}/8`, `${HERE.v6}/64`],
    there: SOURCES.map((one) => `${one}/${one.includes(':') ? '64' : '8'}`),
  });
  listener = spawn('nsenter', ['--target', `${ns.pid}`, '--net', 'python3', '-c', LISTENER], {
    stdio: 'pipe',
  });
  await ready(listener);
}, 60_000);
afterAll(() => {
  listener?.stdin?.end();
  far?.close();
  ns?.close();
});

async function getThrough(): Promise<readonly string[]> {
  const printed = await far.run('python3', '-c', PROBE);
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

const someRule = fc
  .tuple(
    fc.constantFrom('allow', 'allow', 'deny', 'reject'),
    fc.constantFrom('', 'in on eth0 ', 'in on wlan0 '),
    fc.constantFrom('any', '10.1.0.0/16', '10.1.1.2', '10.0.0.0/8', 'fd00::/16', '10.2.0.0/24'),
    fc.constantFrom(
      '',
      ' port 22',
      ' port 2380 proto tcp',
      ' port 2000:7000 proto tcp',
      ' port 22,6443 proto tcp',
      ' port 22 proto udp',
    ),
  )
  .map(([action, where, from, port]) => `${action} ${where}from ${from} to any${port}`);
const someRules = fc.uniqueArray(someRule, {
  minLength: 1,
  maxLength: 6,
  selector: (text) => text.replace(/^\w+ /, ''),
});

describe('what is judged from the rules', () => {
  it('law: is what the kernel does, before and after', async () => {
    for (const rules of fc.sample(someRules, 12)) {
      await ns.reset();
      const host = ns.host();
      const to = await planRules({ rules }, host);
      const settings = (await readSettings(host))!;
      const tables = {
        v4: await readChains('v4', to, settings, host, host.live!),
        v6: await readChains('v6', to, settings, host, host.live!),
      };
      await ufwRules.enforce('host', to, host);
      await ns.run('ufw', '--force', 'enable');
      const real = await getThrough();
      const judged = (chains: (family: 'v4' | 'v6') => ReturnType<typeof parseChains>): readonly string[] =>
        SOURCES.flatMap((from) => {
          const family = from.includes(':') ? ('v6' as const) : ('v4' as const);
          const packet = { protocol: 'tcp', from, to: HERE[family], interface: 'eth0' };
          return PORTS.filter((port) => verdict({ ...packet, port }, chains(family)).accepted).map(
            (port) => `${from} ${port}`,
          );
        }).toSorted();
      expect(
        judged((family) => tables[family].after),
        rules.join('\n'),
      ).toEqual(real);
      const kernel = {
        v4: parseChains(await ns.run('iptables-save', '-t', 'filter')),
        v6: parseChains(await ns.run('ip6tables-save', '-t', 'filter')),
      };
      expect(
        judged((family) => kernel[family]),
        rules.join('\n'),
      ).toEqual(real);
    }
  });

  it('law: so it is of VRRP that goes out', async () => {
    const cases = [
      ['ACCEPT', 'deny out proto vrrp to any'],
      ['ACCEPT', 'reject out on eth0'],
      ['ACCEPT', 'deny out on wlan0', 'deny out proto tcp to 224.0.0.18', 'deny out to 10.1.1.2'],
      ['ACCEPT', 'allow out proto vrrp to 224.0.0.18', 'deny out to 224.0.0.0/4'],
      ['DROP'],
      ['DROP', 'allow out proto vrrp to 224.0.0.18'],
    ] as const;
    for (const [policy, ...rules] of cases) {
      await ns.withOutputPolicy(policy);
      const host = ns.host();
      const to = await planRules({ rules: ['allow 22/tcp', ...rules] }, host);
      const chains = (await readChains('v4', to, (await readSettings(host))!, host, host.live!)).after;
      await ufwRules.enforce('host', to, host);
      await ns.run('ufw', '--force', 'enable');
      const judged = ADVERTS.filter((address) => {
        const packet = { protocol: 'vrrp', from: HERE.v4, to: address, port: null, interface: 'eth0' };
        return verdict({ ...packet, way: 'out' }, chains).accepted;
      });
      const sent = (await ns.run('python3', '-c', ADVERT)).split('\n').filter((line) => line !== '');
      expect(judged, `${policy} ${rules.join(', ')}`).toEqual(sent);
    }
  });
});
