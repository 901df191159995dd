import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../../agent/desired/candidate.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { LESSON, lesson, said, sentences, type Files } from '../desired/lesson.ts';

/** Each lint of the repository: a mistake with all that is said about it, and what is close to it and none. */

const CONF = 'files/keepalived.conf.eta';
const CFG = 'files/haproxy.cfg';

/** The lesson's keepalived, and a HAProxy beside it about which there is nothing to say. */
const BASE = {
  ...LESSON,
  'defaults.yaml': LESSON['defaults.yaml'].replace(
    'files:\n',
    'files:\n  /etc/haproxy/haproxy.cfg: { source: haproxy.cfg }\n',
  ),
  [CFG]: `defaults
  timeout client 1h
  timeout server 1h
frontend api
  bind 10.1.233.1:6443
  bind 127.0.0.1:7443
  default_backend apis
backend apis
  option httpchk
  server one 10.1.1.1:6443 check
`,
};
type Edit = readonly [from: string, to: string];
function edited(file: keyof typeof BASE, ...edits: readonly Edit[]): Files {
  let text: string = BASE[file];
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replace(from, to);
  }
  return { ...BASE, [file]: text };
}
const conf = (...edits: readonly Edit[]): Files => edited(CONF, ...edits);
const cfg = (...edits: readonly Edit[]): Files => edited(CFG, ...edits);
const onNode2 = (value: string): Edit[1] => `<%= it.node.name === 'kubernetes-node-2' ? ${value} %>`;
const onlyOnNode2 = (line: string): string =>
  `<% if (it.node.name === 'kubernetes-node-2') { %>\n  ${line}\n<% } %>\n  authentication`;
const WEIGHTED = `vrrp_script api {\n  script "/usr/bin/check"\n  interval 1\n  weight -10\n}\n`;
const SECURE = `global_defs {\n  enable_script_security\n  script_user keepalived_script\n}\n`;
const TRACKED: Edit = ['  virtual_ipaddress {', '  track_script {\n    api\n  }\n  virtual_ipaddress {'];
const FIRST: Edit = ['vrrp_instance VI_1 {', 'vrrp_instance VI_1 {'];
const before = (text: string): Edit => [FIRST[0], text + FIRST[1]];
const NOPREEMPT: Edit = ['  priority', '  nopreempt\n  priority'];
const ANOTHER = `vrrp_instance DNS {
  state BACKUP
  interface eth0
  virtual_router_id 52
  priority 100
  virtual_ipaddress {
    10.1.233.53
  }
}
`;
const group = (member: string): string =>
  `vrrp_sync_group G {\n  group {\n    ${member}\n  }\n  track_script {\n    api\n  }\n}\n`;
const PROCESS: Edit = [
  TRACKED[0],
  TRACKED[1].replace('track_script', 'track_process').replace('api', 'haproxy'),
];
const FILE: Edit = [TRACKED[0], TRACKED[1].replace('track_script', 'track_file').replace('api', 'up')];
const outgoing = (policy: string, ...lines: readonly string[]): Files => ({
  ...rules(...lines),
  'defaults.yaml': BASE['defaults.yaml'].replace(
    'files:\n',
    `files:\n  /etc/default/ufw: { content: DEFAULT_OUTPUT_POLICY="${policy}" }\n`,
  ),
});
const K = '/etc/keepalived/keepalived.conf';
const H = '/etc/haproxy/haproxy.cfg';
const N = '/etc/nginx/nginx.conf';

/** nginx in HAProxy's place, without the sysctl that lets it bind everywhere where that is asked for. */
const nginx = (text: string, isBindable = true): Files => ({
  ...LESSON,
  'defaults.yaml': LESSON['defaults.yaml'].replace(
    isBindable ? '' : 'ip_nonlocal_bind: 1',
    isBindable ? '' : 'ip_forward: 1',
  ),
  'roles/nginx.yaml': `files: { ${N}: { source: nginx.conf } }\n`,
  'cluster.yaml': `${BASE['cluster.yaml']}loadBalancer: nginx\n`,
  'files/nginx.conf': text,
});
const STREAM = `stream {
  upstream apis { server 10.1.1.1:6443; }
  server {
    listen 10.1.233.1:6443; # here
    listen 127.0.0.1:7443;
    proxy_pass apis;
  }
}
`;
const DEAF_IN = 'this node would not hear them, and would take 10.1.233.1 as well.';
const DEAF_OUT = 'the others would not hear this node once it is MASTER, and would take 10.1.233.1 as well.';
const rules = (...lines: readonly string[]): Files => ({
  ...BASE,
  'roles/control-plane.yaml': `ufw:\n  rules:\n${lines.map((line) => `    - ${line}\n`).join('')}`,
});
const VRRP = 'allow proto vrrp to 224.0.0.18';
const MANIFEST = '/etc/kubernetes/manifests/api.yaml';
const podFile = (path: string, pod: string): Files =>
  edited('defaults.yaml', ['files:\n', `files:\n  ${path}: { content: "metadata:\\n  name: ${pod}\\n" }\n`]);
/** Between all of them, by multicast and by unicast. */
const speaking = (...edits: readonly Edit[]): Files => ({
  ...conf(...edits),
  'roles/control-plane.yaml': 'ufw: { rules: [allow from 10.1.0.0/16] }\n',
});
const UNICAST = `  unicast_peer {
<% for (const peer of it.peers) { %>
    <%= peer.address %>
<% } %>
  }
`;

/** For an address that is not the cluster's, by multicast. */
const OTHER = `vrrp_instance OTHER {\n  virtual_router_id 7\n  priority 7\n  virtual_ipaddress {\n    10.1.233.7\n  }\n}\n`;
const BESIDE = conf(['  priority', `${UNICAST}  priority`], before(OTHER));

type Row = readonly [trap: string, trips: Files, says: readonly string[], doesNot: Files];

const rows: readonly Row[] = [
  [
    'a password over 8 characters that a template of your own holds',
    conf(['<%= it.vrrp.authPass %>', 'password123']),
    [
      `${CONF}:8:5: ${K}: auth_pass of VI_1 has 11 characters, and keepalived takes 8: it cuts the rest off, and its check of the configuration fails. Write only the first 8; hosts that were given the long one go on understanding it.`,
    ],
    conf(['<%= it.vrrp.authPass %>', 'password']),
  ],
  [
    'a password of 8 characters that are more bytes',
    conf(['<%= it.vrrp.authPass %>', 'pässwörd']),
    [
      `${CONF}:8:5: ${K}: auth_pass of VI_1 has 10 bytes, and keepalived takes 8: it cuts the rest off, and its check of the configuration fails. Write only the first 8; hosts that were given the long one go on understanding it.`,
    ],
    conf(['<%= it.vrrp.authPass %>', 'pässwö']),
  ],
  [
    'a password that differs between hosts',
    conf(['<%= it.vrrp.authPass %>', onNode2(`'other' : 'secret12'`)]),
    [
      `${CONF}:8:5: ${K}: auth_pass is not that of kubernetes-node-1: they would throw each other's adverts away, and both would take 10.1.233.1. Write the same for every node, as templates do with "it.vrrp". (On kubernetes-node-2.)`,
    ],
    conf(['<%= it.vrrp.authPass %>', onNode2(`'secret12' : 'secret12'`)]),
  ],
  [
    'a password on some hosts only',
    conf([
      '  authentication {\n    auth_type PASS\n    auth_pass <%= it.vrrp.authPass %>\n  }\n',
      `<% if (it.node.name !== 'kubernetes-node-2') { %>\n  authentication {\n    auth_pass <%= it.vrrp.authPass %>\n  }\n<% } %>\n`,
    ]),
    [
      `${CONF}:1:1: ${K}: auth_pass is not written here, and written on kubernetes-node-1: they would throw each other's adverts away, and both would take 10.1.233.1. Write the same for every node, as templates do with "it.vrrp". (On kubernetes-node-2.)`,
    ],
    conf(['  authentication {\n    auth_type PASS\n    auth_pass <%= it.vrrp.authPass %>\n  }\n', '']),
  ],
  [
    'a VRID that differs between hosts',
    conf(['<%= it.vrrp.routerId %>', onNode2('52 : 51')]),
    [
      `${CONF}:4:3: ${K}: virtual_router_id is 52 here and 51 on kubernetes-node-1: they would throw each other's adverts away, and both would take 10.1.233.1. Write the same for every node, as templates do with "it.vrrp". (On kubernetes-node-2.)`,
    ],
    conf(['<%= it.vrrp.routerId %>', '52']),
  ],
  [
    'an advert interval that differs between hosts',
    conf(['  authentication', `  advert_int ${onNode2('2 : 1')}\n  authentication`]),
    [
      `${CONF}:6:3: ${K}: advert_int is 2 here and 1 on kubernetes-node-1: they would throw each other's adverts away, and both would take 10.1.233.1. Write the same for every node, as templates do with "it.vrrp". (On kubernetes-node-2.)`,
    ],
    conf(['  authentication', '  advert_int 2\n  authentication']),
  ],
  [
    'an advert interval that is not what keepalived takes where none is written',
    conf(['  authentication', onlyOnNode2('advert_int 2')]),
    [
      `${CONF}:7:3: ${K}: advert_int is 2 here and not written on kubernetes-node-1: they would throw each other's adverts away, and both would take 10.1.233.1. Write the same for every node, as templates do with "it.vrrp". (On kubernetes-node-2.)`,
    ],
    conf(['  authentication', onlyOnNode2('advert_int 1')]),
  ],
  [
    'a VRID over 255',
    conf(['<%= it.vrrp.routerId %>', '300']),
    [
      `${CONF}:4:3: ${K}: virtual_router_id of VI_1 is 300, and VRRP takes 1 to 255. Choose one that no other VRRP group in this network has.`,
    ],
    conf(['<%= it.vrrp.routerId %>', '255']),
  ],
  [
    'a priority of 255',
    conf(['<%= it.node.priority %>', '<%= it.node.priority + 155 %>']),
    [
      `${CONF}:5:3: ${K}: priority of VI_1 is 255, and a node that shares its address with others takes 1 to 254. Write such a number, as in <%= it.node.priority %>. (On kubernetes-node-1.)`,
    ],
    conf(['<%= it.node.priority %>', '<%= it.node.priority + 154 %>']),
  ],
  [
    'a priority that two nodes have',
    conf(['<%= it.node.priority %>', '<%= Math.min(it.node.priority, 99) %>']),
    [
      `${CONF}:5:3: ${K}: priority 99 of VI_1 is already that of kubernetes-node-1. Give each node its own, as in <%= it.node.priority %>. (On kubernetes-node-2.)`,
    ],
    conf(['<%= it.node.priority %>', '<%= it.node.priority - 50 %>']),
  ],
  [
    'no priority, which keepalived takes for 100 of every BACKUP and 255 of a MASTER',
    conf(['priority <%= it.node.priority %>', '']),
    [
      `${CONF}:1:1: ${K}: priority 100 of VI_1 (none is written) is already that of kubernetes-node-2. Give each node its own, as in <%= it.node.priority %>. (On kubernetes-node-3.)`,
      `${CONF}:1:1: ${K}: priority of VI_1 is 255 (none is written), and a node that shares its address with others takes 1 to 254. Write such a number, as in <%= it.node.priority %>. (On kubernetes-node-1.)`,
    ],
    conf([
      'priority <%= it.node.priority %>',
      "<%= it.node.name === 'kubernetes-node-2' ? '' : `priority ${it.node.priority - 60}` %>",
    ]),
  ],
  [
    'no priority on two BACKUPs, unless it may stand elsewhere',
    conf(['state <%= it.node.state %>', 'state BACKUP'], ['priority <%= it.node.priority %>', '']),
    [
      `${CONF}:1:1: ${K}: priority 100 of VI_1 (none is written) is already that of kubernetes-node-1. Give each node its own, as in <%= it.node.priority %>. (On kubernetes-node-2, kubernetes-node-3.)`,
    ],
    conf(['state <%= it.node.state %>', 'state BACKUP'], ['priority <%=', '@here priority <%=']),
  ],
  [
    'more than one MASTER',
    conf(['state <%= it.node.state %>', 'state MASTER']),
    [
      `${CONF}:2:3: warning: ${K}: kubernetes-node-2 is "state MASTER", and kubernetes-node-1 is already. The priority decides, but "nopreempt" does not work beside it. Write BACKUP on all but one, as in <%= it.node.state %>. (On kubernetes-node-2.)`,
      `${CONF}:2:3: warning: ${K}: kubernetes-node-3 is "state MASTER", and kubernetes-node-1 is already. The priority decides, but "nopreempt" does not work beside it. Write BACKUP on all but one, as in <%= it.node.state %>. (On kubernetes-node-3.)`,
    ],
    conf(['state <%= it.node.state %>', 'state BACKUP']),
  ],
  [
    'static_ipaddress that holds the virtual IP, as the lesson has it',
    conf(before('static_ipaddress {\n  <%= it.cluster.vip %> dev eth0 scope global\n}\n')),
    [
      `${CONF}:2:3: ${K}: static_ipaddress gives 10.1.233.1 to this node at every start, whoever is MASTER: several nodes would answer for it. Remove it here; virtual_ipaddress is enough.`,
    ],
    conf(before('static_ipaddress {\n  10.1.9.9/16 dev eth0\n}\n')),
  ],
  [
    'a VRRP instance with another address than the virtual IP',
    conf(['<%= it.cluster.vip %>', '10.1.233.9/32 dev eth0']),
    [
      `${CONF}:10:3: ${K}: vrrp_instance VI_1 does not hold 10.1.233.1, the virtual IP of cluster.yaml: this node would never answer for it. Write it into virtual_ipaddress, as in <%= it.cluster.vip %>.`,
    ],
    conf(before(ANOTHER), ['<%= it.cluster.vip %>', '<%= it.cluster.vip %>/16 dev eth0']),
  ],
  [
    'several of them, and none for the virtual IP on one node',
    conf(before(ANOTHER), ['<%= it.cluster.vip %>', onNode2("'10.1.233.9' : it.cluster.vip")]),
    [
      `${CONF}:6:3: ${K}: No vrrp_instance holds 10.1.233.1, the virtual IP of cluster.yaml: this node would never answer for it. Write it into virtual_ipaddress, as in <%= it.cluster.vip %>. (On kubernetes-node-2.)`,
    ],
    conf(before('include /etc/keepalived/vip.conf\n'), ['<%= it.cluster.vip %>', '10.1.233.9']),
  ],
  [
    'nopreempt beside a weight',
    conf(before(SECURE + WEIGHTED), TRACKED, ['  priority', '  nopreempt\n  priority']),
    [
      `${CONF}:14:3: ${K}: nopreempt of VI_1 does not work beside weights, and api has one: the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`,
    ],
    conf(before(SECURE + WEIGHTED.replace('-10', '0')), TRACKED, ['  priority', '  nopreempt\n  priority']),
  ],
  [
    'nopreempt beside the weight of a process',
    conf(before('vrrp_track_process haproxy {\n  process haproxy\n  weight 10\n}\n'), PROCESS, NOPREEMPT),
    [
      `${CONF}:9:3: ${K}: nopreempt of VI_1 does not work beside weights, and haproxy has one: the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`,
    ],
    conf(before('vrrp_track_process haproxy {\n  process haproxy\n}\n'), PROCESS, NOPREEMPT),
  ],
  [
    'nopreempt beside a file, whose weight is 1 where nobody says another',
    conf(before('track_file up {\n  file /run/up\n}\n'), FILE, NOPREEMPT),
    [
      `${CONF}:8:3: ${K}: nopreempt of VI_1 does not work beside weights, and up has one (a track file has the weight 1 where none is written): the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`,
    ],
    conf(before('track_file up {\n  file /run/up\n  weight 0\n}\n'), FILE, NOPREEMPT),
  ],
  [
    'nopreempt beside a weight that a group of the instance tracks',
    conf(before(SECURE + WEIGHTED + group('VI_1')), NOPREEMPT),
    [
      `${CONF}:22:3: ${K}: nopreempt of VI_1 does not work beside weights, and api (of vrrp_sync_group G) has one: the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`,
    ],
    conf(before(SECURE + WEIGHTED + group('VI_2')), NOPREEMPT),
  ],
  [
    'adverts to each node on one host, and to all on the others',
    speaking(['  priority', `<% if (it.node.state === 'MASTER') { %>\n${UNICAST}<% } %>\n  priority`]),
    [
      `${CONF}:1:1: ${K}: unicast_peer is not written here, and written on kubernetes-node-1: one speaks to each node, the other to 224.0.0.18, so they would not hear each other, and both would take 10.1.233.1. Write it for every node or for none, as templates do with "it.vrrp.transport". (On kubernetes-node-2, kubernetes-node-3.)`,
    ],
    speaking(['  priority', `${UNICAST}  priority`]),
  ],
  [
    'a node that unicast peers leave out',
    speaking(['  priority', `${UNICAST.replace('it.peers', 'it.peers.slice(0, 1)')}  priority`]),
    [
      `${CONF}:5:3: ${K}: unicast_peer lacks 10.1.1.2 (kubernetes-node-2): that node would not hear this one, and would take 10.1.233.1 as well. List all others, as templates do with "it.peers". (On kubernetes-node-3.)`,
      `${CONF}:5:3: ${K}: unicast_peer lacks 10.1.1.3 (kubernetes-node-3): that node would not hear this one, and would take 10.1.233.1 as well. List all others, as templates do with "it.peers". (On kubernetes-node-1, kubernetes-node-2.)`,
    ],
    speaking(['  priority', `${UNICAST}  priority`]),
  ],
  [
    'what runs when a state changes, without script security',
    conf(['  priority', '  notify_master "/usr/bin/true"\n  priority']),
    [
      `${CONF}:5:3: ${K}: it runs scripts, and global_defs lacks enable_script_security: "keepalived -t" fails over that. Add it there, with a script_user that is not root.`,
    ],
    conf(before(SECURE), ['  priority', '  notify_master "/usr/bin/true"\n  priority']),
  ],
  [
    'the same of a group',
    conf(before('vrrp_sync_group G {\n  group {\n    VI_1\n  }\n  notify "/usr/bin/true"\n}\n')),
    [
      `${CONF}:5:3: ${K}: it runs scripts, and global_defs lacks enable_script_security: "keepalived -t" fails over that. Add it there, with a script_user that is not root.`,
    ],
    conf(['  priority', '  notify_priority_changes on\n  priority']),
  ],
  [
    'a script without script security',
    conf(before(WEIGHTED), TRACKED),
    [
      `${CONF}:2:3: ${K}: it runs scripts, and global_defs lacks enable_script_security: "keepalived -t" fails over that. Add it there, with a script_user that is not root.`,
    ],
    conf(before(SECURE + WEIGHTED), TRACKED),
  ],
  [
    'scripts that root runs',
    conf(before(SECURE.replace('keepalived_script', 'root') + WEIGHTED), TRACKED),
    [
      `${CONF}:3:3: warning: ${K}: script_user is root: whoever can change a script is root, too. Name a user of its own, as in keepalived_script.`,
    ],
    conf(before(SECURE.replace('keepalived_script', 'root'))),
  ],
  [
    'a check that passes a hung API server',
    cfg(['  option httpchk\n', '  option tcp-check\n']),
    [
      `${CFG}:8:1: warning: ${H}: backend apis only looks whether an API server takes connections, and one that hangs does. Ask it: "option httpchk" with "http-check send meth GET uri /readyz", over verified TLS.`,
    ],
    cfg(['  option httpchk\n', '  balance roundrobin\n'], ['defaults\n', 'defaults\n  option httpchk\n']),
  ],
  [
    'Debian’s 50 s for idle connections',
    cfg(['timeout client 1h', 'timeout client 50000']),
    [
      `${CFG}:2:3: warning: ${H}: "timeout client 50000" ends connections that are silent for so long: idle watches, and "kubectl logs -f". Write 1h, and "timeout tunnel 24h".`,
    ],
    cfg(['timeout client 1h', 'timeout client 50000\n  timeout tunnel 24h']),
  ],
  [
    'no way to ask this node’s own balancer',
    cfg(['  bind 127.0.0.1:7443\n', '']),
    [
      `${CFG}:5:3: warning: ${H}: frontend api has no second way in, so this node's own balancer cannot be checked while another one holds 10.1.233.1. Add "bind 127.0.0.1:7443" beside this line.`,
    ],
    cfg(
      ['  bind 127.0.0.1:7443\n', ''],
      ['backend apis', 'frontend own\n  bind 127.0.0.1:7443\nbackend apis'],
    ),
  ],
  [
    'a balancer that cannot bind the virtual IP where it is not',
    edited('defaults.yaml', ['  net.ipv4.ip_nonlocal_bind: 1', '  net.ipv4.ip_forward: 1']),
    [
      `${CFG}:5:3: warning: ${H}: HAProxy binds 10.1.233.1, which most nodes do not have, and does not start there. Write "sysctls: { net.ipv4.ip_nonlocal_bind: 1 }" in roles/control-plane.yaml.`,
    ],
    {
      ...edited('defaults.yaml', ['  net.ipv4.ip_nonlocal_bind: 1', '  net.ipv4.ip_forward: 1']),
      [CFG]: BASE[CFG].replace('10.1.233.1:6443', '10.1.233.1:6443 transparent'),
    },
  ],
  [
    'nginx that cannot bind the virtual IP where it is not',
    nginx(STREAM, false),
    [
      `files/nginx.conf:4:5: warning: ${N}: nginx binds 10.1.233.1, which most nodes do not have, and does not start there. Write "sysctls: { net.ipv4.ip_nonlocal_bind: 1 }" in roles/control-plane.yaml.`,
    ],
    nginx(STREAM),
  ],
  [
    'no way to ask this node’s own nginx',
    nginx(STREAM.replace('    listen 127.0.0.1:7443;\n', '')),
    [
      `files/nginx.conf:4:5: warning: ${N}: this server has no second way in, so this node's own balancer cannot be checked while another one holds 10.1.233.1. Add "listen 127.0.0.1:7443;" beside this line.`,
    ],
    nginx(STREAM.replace('127.0.0.1:7443', '7443')),
  ],
  [
    'a rule that keeps VRRP out',
    rules('deny to 224.0.0.18', VRRP),
    [
      `roles/control-plane.yaml:3:7: ufw.rules[0]: "deny to 224.0.0.18" lets no VRRP in from the other nodes: ${DEAF_IN} Take it out, or write before it "allow in on eth0 proto vrrp from <%= peer.address %> to 224.0.0.18", for each peer of it.peers.`,
    ],
    rules('deny proto vrrp from 10.9.0.0/16', 'deny in on eth1', VRRP, 'deny to 224.0.0.0/4'),
  ],
  [
    'a rule that keeps VRRP in: a BACKUP shows nothing of it until it is MASTER',
    rules(VRRP, 'deny out proto vrrp to any'),
    [
      `roles/control-plane.yaml:4:7: ufw.rules[1]: "deny out proto vrrp to any" lets no VRRP out: ${DEAF_OUT} Take it out, or write before it "allow out on eth0 proto vrrp to 224.0.0.18".`,
    ],
    rules(VRRP, 'allow out proto vrrp to any', 'deny out to 224.0.0.0/4'),
  ],
  [
    'no rule for VRRP where ufw drops the rest',
    rules('allow 6443/tcp'),
    [
      `roles/control-plane.yaml:2:3: warning: ufw.rules: no rule lets VRRP in from the other nodes, and ufw drops what none allows: ${DEAF_IN} Where nobody has allowed it by hand the host refuses this. Write "allow in on eth0 proto vrrp from <%= peer.address %> to 224.0.0.18", for each peer of it.peers.`,
    ],
    rules('allow from 10.1.0.0/16'),
  ],
  [
    'a rule for the adverts of another address alone',
    { ...BESIDE, 'roles/control-plane.yaml': 'ufw: { rules: [allow proto vrrp to 224.0.0.18] }\n' },
    [
      `roles/control-plane.yaml:1:8: warning: ufw.rules: no rule lets VRRP in from the other nodes, and ufw drops what none allows: ${DEAF_IN} Where nobody has allowed it by hand the host refuses this. Write "allow in on eth0 proto vrrp from <%= peer.address %> to <%= it.node.address %>", for each peer of it.peers.`,
    ],
    { ...BESIDE, 'roles/control-plane.yaml': 'ufw: { rules: [allow proto vrrp from 10.1.0.0/16] }\n' },
  ],
  [
    'nothing for VRRP to go out by where the repository lets nothing out',
    outgoing('DROP', VRRP),
    [
      `roles/control-plane.yaml:2:3: warning: ufw.rules: no rule lets VRRP out, and ufw drops what none allows: ${DEAF_OUT} Where nobody has allowed it by hand the host refuses this. Write "allow out on eth0 proto vrrp to 224.0.0.18".`,
    ],
    outgoing('DROP', VRRP, 'allow out on eth0 proto vrrp to any'),
  ],
  [
    'a second file for one pod',
    podFile(MANIFEST, 'kube-apiserver'),
    [
      `defaults.yaml:3:3: files["${MANIFEST}"]: it describes the pod kube-apiserver as kube-apiserver.yaml does, and kubelet may run either: it takes every file of this folder whose name does not begin with a dot. Keep it in another folder.`,
    ],
    podFile(MANIFEST, 'kube-vip'),
  ],
  [
    'a backup that kubelet would run',
    edited('defaults.yaml', [
      'files:\n',
      'files:\n  /etc/kubernetes/manifests/kube-apiserver.yaml.bak: { content: "a: b" }\n',
    ]),
    [
      'defaults.yaml:3:3: warning: files["/etc/kubernetes/manifests/kube-apiserver.yaml.bak"]: kubelet reads every file of this folder whose name does not begin with a dot, whatever it ends in, and runs it as a pod. Keep it in another folder.',
    ],
    edited('defaults.yaml', [
      'files:\n',
      'files:\n  /etc/kubernetes/manifests/.kube-apiserver.yaml.bak: { content: "a: b" }\n',
    ]),
  ],
  [
    'a virtual IP that MetalLB hands out',
    edited('cluster.yaml', [
      'interface',
      'metallb: { addressPools: [10.1.200.0/24, 10.1.233.0/24] }\ninterface',
    ]),
    [
      "cluster.yaml:3:42: metallb.addressPools[1]: 10.1.233.0/24 holds 10.1.233.1, the virtual IP: MetalLB gives it to a Service one day, and then two answer for it. Take it out of the pool, here and in MetalLB's IPAddressPool.",
    ],
    edited('cluster.yaml', [
      'interface',
      'metallb: { addressPools: [10.1.234.0/24, "10.1.233.2-10.1.233.9", "fd00::/64"] }\ninterface',
    ]),
  ],
  [
    'a node in a range that MetalLB hands out',
    edited('cluster.yaml', ['interface', 'metallb: { addressPools: [10.1.1.2-10.1.1.2] }\ninterface']),
    [
      "cluster.yaml:3:27: metallb.addressPools[0]: 10.1.1.2-10.1.1.2 holds 10.1.1.2, the address of kubernetes-node-2: MetalLB gives it to a Service one day, and then two answer for it. Take it out of the pool, here and in MetalLB's IPAddressPool.",
    ],
    edited('cluster.yaml', ['interface', 'metallb: { addressPools: [] }\ninterface']),
  ],
  [
    'a pool that is none',
    edited('cluster.yaml', ['interface', 'metallb: { addressPools: [10.1.200.9-10.1.200.1] }\ninterface']),
    [
      'cluster.yaml:3:27: metallb.addressPools[0]: "10.1.200.9-10.1.200.1" is not a network or a range of addresses. Write it as MetalLB does, as in 10.1.200.0/24 or 10.1.200.1-10.1.200.99.',
    ],
    edited('cluster.yaml', ['interface', 'metallb: {}\ninterface']),
  ],
];

describe('a trap in the repository is said where it is written', () => {
  it.each(rows)('%s', async (_trap, trips, says, doesNot) => {
    expect(await sentences(trips)).toEqual(says);
    expect(await sentences(doesNot)).toEqual([]);
  });
});

describe('a host that is asked to apply it', () => {
  const asked = async (files: Files, n: number): Promise<readonly string[]> => {
    const address = `10.1.1.${n}`;
    const found = await candidateOf({
      tree: memoryTree(files),
      from: { directory: '.' },
      identity: { hostname: `kubernetes-node-${n}`, addresses: new Map([['eth0', [address]]]) },
      checkAddress: true,
      kinds: KINDS,
      unlock: null,
    });
    if ('noDesiredState' in found) return [found.noDesiredState];
    const all = 'diagnostics' in found ? found.diagnostics : (found.warnings ?? []);
    return all.map(
      ({ severity, line, message }) => `${severity} in line ${line}: ${message.split(':')[1]!.trim()}`,
    );
  };

  it('refuses what another host could not agree with: else one would take it, and the other would not', async () => {
    const files = conf(['<%= it.vrrp.routerId %>', onNode2('52 : 51')]);
    for (const n of [1, 2, 3])
      expect(await asked(files, n)).toEqual([
        'error in line 4: virtual_router_id is 52 here and 51 on kubernetes-node-1',
      ]);
  });

  it('hears of what is only suspicious where it is, and goes on', async () => {
    const files = conf(['<%= it.node.state %>', 'MASTER']);
    expect(await asked(files, 1)).toEqual([]);
    expect(await asked(files, 2)).toEqual([
      'warning in line 2: kubernetes-node-2 is "state MASTER", and kubernetes-node-1 is already. The priority decides, but "nopreempt" does not work beside it. Write BACKUP on all but one, as in <%= it.node.state %>.',
    ]);
  });
});

it('shows no password of a file that holds one itself', async () => {
  const file = LESSON[CONF].replaceAll(/<%= it\.([a-z]+)\.([a-zA-Z]+) %>/g, 'BACKUP').replace(
    'auth_pass BACKUP',
    'auth_pass hunter2hunter2',
  );
  const yaml = LESSON['defaults.yaml'].replace('template: keepalived.conf.eta', 'source: own.conf');
  const shown = (await said(lesson({ 'defaults.yaml': yaml, 'files/own.conf': file }))).join('\n');
  expect(shown).toContain('files/own.conf:8:5');
  expect(shown).toContain('    auth_pass **************');
  expect(shown).not.toContain('hunter2');
});
