import { describe, expect, it } from 'vitest';
import { clusterFile } from '../../../agent/desired/cluster-schema.ts';
import { layersOf } from '../../../agent/desired/role.ts';
import { endOfCluster, inCluster, sentences } from './lesson.ts';

const NGINX = endOfCluster('loadBalancer: nginx\n');

describe('the load balancer', () => {
  it('is HAProxy where nobody says otherwise, and has a layer of its own between role and host', () => {
    const nodes = { role: 'BACKUP', hostname: 'pi-2' } as const;
    expect(layersOf(nodes, { loadBalancer: 'nginx' })).toEqual([
      'defaults.yaml',
      'roles/control-plane.yaml',
      'roles/nginx.yaml',
      'roles/backup.yaml',
      'hosts/pi-2.yaml',
    ]);
    expect(layersOf(nodes, {})).toContain('roles/haproxy.yaml');
    expect(layersOf({ role: 'worker', hostname: 'pi-9' }, { loadBalancer: 'nginx' })).not.toContain(
      'roles/nginx.yaml',
    );
    const asked = { name: 'a', vip: '10.1.233.1', interface: 'eth0', vrrp: { routerId: 51 }, nodes: {} };
    expect(clusterFile.parse(asked).loadBalancer).toBe('haproxy');
  });

  it('that has no layer would leave every node without one: refused', async () => {
    expect(await sentences(NGINX)).toEqual([
      'cluster.yaml:9:15: loadBalancer: roles/nginx.yaml does not exist, so no node would have a load balancer. Copy it, and what it names under files/, from the template (desired-state/).',
    ]);
    expect(await sentences({ ...NGINX, 'roles/nginx.yaml': 'packages: { nginx: present }\n' })).toEqual([]);
  });

  it('that is HAProxy, and whose layer was deleted, is refused as well, where nothing else brings its configuration', async () => {
    const named = endOfCluster('loadBalancer: haproxy\n');
    expect(await sentences(named)).toEqual([
      'cluster.yaml:9:15: loadBalancer: roles/haproxy.yaml does not exist, nor does another layer bring /etc/haproxy/haproxy.cfg, so no node would have a load balancer. Copy it, and what it names under files/, from the template (desired-state/).',
    ]);
    const cfg = 'files: { /etc/haproxy/haproxy.cfg: { content: "# mine" } }\n';
    expect(await sentences({ ...named, 'roles/haproxy.yaml': cfg })).toEqual([]);
    expect(await sentences({ ...named, 'roles/master.yaml': cfg })).toEqual([]);
    expect(await sentences({ ...named, 'hosts/kubernetes-node-2.yaml': cfg })).toEqual([]);
    // Somebody else's business.
    expect(await sentences(endOfCluster(''))).toEqual([]);
  });

  it('that nobody knows is refused', async () => {
    expect(await sentences(endOfCluster('loadBalancer: ngnix\n'))).toEqual([
      'cluster.yaml:9:15: loadBalancer: "ngnix" is not "haproxy" or "nginx". Write "haproxy" or "nginx".',
    ]);
  });

  it('leaves vrrp.preempt to true or false', async () => {
    expect(await sentences(inCluster('routerId: 51,', 'routerId: 51, preempt: maybe,'))).toEqual([
      expect.stringMatching(/vrrp\.preempt: .*Write true, or false/),
    ]);
  });
});
