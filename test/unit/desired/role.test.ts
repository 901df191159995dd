import { describe, expect, it } from 'vitest';
import type { Identity } from '../../../agent/host/host.ts';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import { openRepository } from '../../../agent/desired/load.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { listedRole, roleOf, vipProblem } from '../../../agent/desired/role.ts';
import { LESSON } from './lesson.ts';

async function clusterOf(nodes: string): Promise<Cluster> {
  const text = LESSON['cluster.yaml'].replace(/nodes:[^]*/, nodes);
  const { cluster, diagnostics } = await openRepository(memoryTree({ 'cluster.yaml': text })).cluster();
  if (cluster === null) throw new Error(JSON.stringify(diagnostics));
  return cluster;
}

const NODES = `nodes:
  kubernetes-node-1: { address: 10.1.1.1 }
  kubernetes-node-2: { address: 10.1.1.2 }
  kubernetes-node-3: { address: 10.1.1.3, priority: 120 }
workers:
  kubernetes-node-4: { address: 10.1.1.4 }
`;

const host = (hostname: string, addresses: Readonly<Record<string, readonly string[]>>): Identity => ({
  hostname,
  addresses: new Map(Object.entries({ lo: ['127.0.0.1', '::1'], ...addresses })),
});

describe('the role of a host', () => {
  it.each([
    ['kubernetes-node-1', 'BACKUP', 100, '10.1.1.1'],
    ['kubernetes-node-2', 'BACKUP', 99, '10.1.1.2'],
    ['kubernetes-node-3', 'MASTER', 120, '10.1.1.3'],
    ['kubernetes-node-4', 'worker', null, '10.1.1.4'],
  ] as const)('%s is %s with priority %s', async (hostname, role, priority, address) => {
    const found = roleOf(await clusterOf(NODES), host(hostname, { eth0: [address, 'fe80::1'] }), {
      checkAddress: true,
    });
    expect(found).toEqual({ role: { hostname, role, priority, address } });
  });

  it.each([
    [
      'the lesson',
      'kubernetes-node-1: { address: 10.1.1.1 }, kubernetes-node-2: { address: 10.1.1.2 }',
      [100, 99],
    ],
    ['numbers in the middle of a name', 'pi4-7: { address: 10.1.1.1 }', [94]],
    ['a number with zeros in front', 'node-01: { address: 10.1.1.1 }', [100]],
    ['the lowest that a number gives', 'node-100: { address: 10.1.1.1 }', [1]],
    ['an own priority', 'pi: { address: 10.1.1.1, priority: 254 }', [254]],
  ])('takes the priority from %s', async (_, nodes, priorities) => {
    const cluster = await clusterOf(`nodes: { ${nodes} }\n`);
    expect(cluster.nodes.map(({ priority }) => priority)).toEqual(priorities);
  });
});

describe('a host that the cluster does not speak of', () => {
  const refused = async (identity: Identity): Promise<string> => {
    const found = roleOf(await clusterOf(NODES), identity, { checkAddress: true });
    return 'noDesiredState' in found ? found.noDesiredState : 'it has a role';
  };

  it('is told which hosts there are, and which was probably meant', async () => {
    expect(await refused(host('kubernets-node-1', { eth0: ['10.1.1.1'] }))).toBe(
      'This host is called kubernets-node-1, and cluster.yaml names only kubernetes-node-3, kubernetes-node-1, kubernetes-node-2, kubernetes-node-4. Did you mean "kubernetes-node-1"? Nothing is changed here until the repository names this host, or the host has one of these names.',
    );
  });

  it('is not taken for the host with another number', async () => {
    expect(await refused(host('kubernetes-node-9', { eth0: ['10.1.1.9'] }))).not.toContain('Did you mean');
  });

  it('is refused as a copied card when it has the address of another node', async () => {
    expect(await refused(host('kubernetes-node-2', { eth0: ['10.1.1.1', 'fe80::1'] }))).toBe(
      'cluster.yaml gives kubernetes-node-2 the address 10.1.1.2 on eth0, and eth0 has 10.1.1.1, fe80::1 here. That is the address of kubernetes-node-1: is this a copied card that still has the other hostname? Nothing is changed here until the two agree.',
    );
  });

  it('is refused when the address is on another interface', async () => {
    expect(await refused(host('kubernetes-node-2', { eth0: [], wlan0: ['10.1.1.2'] }))).toBe(
      'cluster.yaml gives kubernetes-node-2 the address 10.1.1.2 on eth0, and this host has it on wlan0. Nothing is changed here until the two agree.',
    );
  });

  it('is refused when there is no such interface, and told which there are', async () => {
    expect(await refused(host('kubernetes-node-2', { end0: ['10.1.1.2'], wlan0: [] }))).toBe(
      'cluster.yaml gives kubernetes-node-2 the address 10.1.1.2 on eth0, and this host has no interface of that name, only end0, wlan0. Nothing is changed here until the two agree.',
    );
  });

  it('is refused while the interface has no address yet', async () => {
    expect(await refused(host('kubernetes-node-2', { eth0: [] }))).toContain('eth0 has no address here');
  });

  it('may have any address while it is an image at rest', async () => {
    const found = roleOf(await clusterOf(NODES), host('kubernetes-node-2', {}), { checkAddress: false });
    expect(found).toMatchObject({ role: { role: 'BACKUP', priority: 99 } });
  });
});

describe('the VIP', () => {
  const said = async (hostname: string, networks?: Readonly<Record<string, readonly string[]>>) => {
    const cluster = await clusterOf(NODES);
    const identity = networks
      ? { ...host(hostname, {}), networks: new Map(Object.entries(networks)) }
      : host(hostname, {});
    return vipProblem(cluster, listedRole(cluster, hostname)!, identity);
  };

  it.each([
    ['lies in the network of its interface', ['fe80::1/64', '10.1.1.1/16']],
    ['lies in one of two networks of its interface', ['192.168.7.1/24', '10.1.200.1/17']],
    ['lies in a network that is everything', ['10.9.9.9/0']],
  ])('that %s is fine', async (_, networks) => {
    expect(await said('kubernetes-node-1', { eth0: networks })).toBe(null);
  });

  it.each([
    ['lies outside it', ['10.1.1.1/24'], '10.1.1.1/24'],
    ['is held by this host itself, which proves nothing', ['10.1.1.1/24', '10.1.233.1/32'], '10.1.1.1/24'],
    ['lies just outside it', ['10.1.233.2/32', '10.1.232.1/24'], '10.1.233.2/32, 10.1.232.1/24'],
    ['lies in the upper half of all addresses', ['200.1.233.1/16'], '200.1.233.1/16'],
  ])('that %s is refused', async (_, networks, shown) => {
    expect(
      await said('kubernetes-node-1', { eth0: ['fe80::1/64', ...networks], wlan0: ['10.1.2.3/16'] }),
    ).toBe(
      `10.1.233.1 is outside the network of eth0 on this host (${shown}), so nobody could reach it. Choose a free address of that network, or mend the host's prefix length.`,
    );
  });

  it('is not checked for a worker, nor where nobody knows the networks', async () => {
    expect(await said('kubernetes-node-4', { eth0: ['10.2.1.4/24'] })).toBe(null);
    expect(await said('kubernetes-node-1')).toBe(null);
  });
});
