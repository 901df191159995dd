import { lab, VIP, waitFor, type Changes, type Host } from './lab.ts';

/** What stands in front of the API servers, and what tells keepalived whether it runs. */
export const ALIVE = '/run/holdfast/balancer';

export const balancer = (name: 'haproxy' | 'nginx'): Changes => ({
  'cluster.yaml': (old) => old.replace(/^loadBalancer: .*/m, `loadBalancer: ${name}`),
});

/** Through this host's own balancer, with the name that the virtual IP's clients ask for. */
export const ownPath = (host: Host): string =>
  host.shell(
    `curl -sS --max-time 3 --cacert /etc/kubernetes/pki/ca.crt --connect-to ::127.0.0.1:7443 https://${VIP}:6443/readyz`,
    { allowFail: true },
  ).stdout;

/** The frontend for this host alone. */
export const onLoopback = (host: Host, path: string): string =>
  host.shell(`curl -sS --max-time 3 http://127.0.0.1:7444${path}`).stdout;

export const untilHeldBy = (hosts: readonly number[]): Promise<unknown> =>
  waitFor(
    `the virtual IP on ${hosts.join(' or ')}`,
    () => lab.owners(),
    60_000,
    (owners) => owners.length === 1 && hosts.includes(owners[0]!),
  );

/** Another port for nginx, which somebody else has: "nginx -t" says nothing against one that is taken. */
export const takenPort = (host: Host): Changes => ({
  'files/taken.conf.eta': () =>
    `${lab.git('show', 'HEAD:files/nginx.conf.eta')}\n`.replace(
      'listen 127.0.0.1:7443;',
      `listen 127.0.0.1:7443;\n    listen ${host.address}:6443;`,
    ),
  [`hosts/${host.name}.yaml`]: 'files:\n  /etc/nginx/nginx.conf: { template: taken.conf.eta }\n',
});
