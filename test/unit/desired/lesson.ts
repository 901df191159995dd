import { everyHost } from '../../../agent/desired/every-host.ts';
import { formatDiagnostic } from '../../../agent/desired/diagnostics.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { KINDS } from '../../../agent/resources/index.ts';

/** A small repository of the lesson's cluster, as a person would write it. */
export const LESSON = {
  'cluster.yaml': `name: home
vip: 10.1.233.1
interface: eth0
vrrp: { routerId: 51, authPass: secret12 }
nodes:
  kubernetes-node-1: { address: 10.1.1.1 }
  kubernetes-node-2: { address: 10.1.1.2 }
  kubernetes-node-3: { address: 10.1.1.3 }
`,
  'defaults.yaml': `packages: { keepalived: present, haproxy: present }
files:
  /etc/keepalived/keepalived.conf:
    template: keepalived.conf.eta
    mode: "0600"
    validate: keepalived -t -f {file}
    notify: { reload: keepalived.service }
sysctls:
  net.ipv4.ip_nonlocal_bind: 1
ufw:
  enabled: true
  rules:
    - allow 22/tcp
units:
  keepalived.service: { enabled: true, running: true }
`,
  'roles/control-plane.yaml': 'ufw: { rules: [allow proto vrrp to 224.0.0.18] }\n',
  'files/keepalived.conf.eta': `vrrp_instance VI_1 {
  state <%= it.node.state %>
  interface <%= it.cluster.interface %>
  virtual_router_id <%= it.vrrp.routerId %>
  priority <%= it.node.priority %>
  authentication {
    auth_type PASS
    auth_pass <%= it.vrrp.authPass %>
  }
  virtual_ipaddress {
    <%= it.cluster.vip %>
  }
}
`,
} as const;

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** The lesson with some files replaced or added. */
export const lesson = (files: Files = {}): Files => ({ ...LESSON, ...files });

/** What `holdfast validate` says of a repository, source lines and carets included. */
export async function said(files: Files): Promise<readonly string[]> {
  const { diagnostics } = await everyHost(memoryTree(files), KINDS);
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, { colour: false }));
}

/** The same without the source lines. */
export const sentences = async (files: Files): Promise<readonly string[]> =>
  (await said(files)).map((text) => text.split('\n')[0] ?? '');

/** One edit of one file of the lesson, as a person would make it; an edit that meets nothing is a broken test. */
export function edit(file: keyof typeof LESSON, from: string, to: string): Files {
  const text: string = LESSON[file];
  if (!text.includes(from)) throw new Error(`${file} of the lesson has no ${from}`);
  return lesson({ [file]: text.replace(from, to) });
}
export const inCluster = (from: string, to: string): Files => edit('cluster.yaml', from, to);
export const inDefaults = (from: string, to: string): Files => edit('defaults.yaml', from, to);
export const endOfCluster = (text: string): Files =>
  lesson({ 'cluster.yaml': LESSON['cluster.yaml'] + text });
