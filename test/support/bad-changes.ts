import { haproxyWith, keepalivedWith, replaced } from './changed-template.ts';
import type { Changes } from './lab.ts';

/**
 * Changes that are wrong although every file of them is valid: what a host must take back by itself. Data alone; who
 * commits one and judges what became of it is in try-out.ts.
 */

export type Place = 'MASTER' | 'BACKUP' | 'all';

/** `seen`: words of the check that must have noticed it. `kept` is right where it does no harm that could be seen. */
export type Expected =
  | { readonly end: 'rolled back' | 'refused'; readonly seen: RegExp }
  | { readonly end: 'rolled back or kept'; readonly seen: RegExp }
  | { readonly end: 'kept' };

export type BadChange = {
  readonly name: string;
  /** A layer of the state repository: what the host gets on top of the template's. */
  readonly layer: string;
  /** What that layer names under files/. */
  readonly files: Changes;
  /** On the MASTER, on a BACKUP, and on each host when all get it. */
  readonly ends: (host: number, place: Place) => Expected;
  /** Where clients of the virtual IP notice nothing. */
  readonly unnoticed: readonly Place[];
};

/** Who gets what is committed for a place. */
export const HOSTS_AT: Readonly<Record<Place, readonly number[]>> = {
  MASTER: [1],
  BACKUP: [3],
  all: [1, 2, 3],
};
/** The layers of a place. */
export const LAYERS_AT: Readonly<Record<Place, readonly string[]>> = {
  MASTER: ['hosts/kubernetes-node-1.yaml'],
  BACKUP: ['hosts/kubernetes-node-3.yaml'],
  all: ['roles/master.yaml', 'roles/backup.yaml'],
};

const takenBack =
  (seen: RegExp): BadChange['ends'] =>
  () => ({ end: 'rolled back', seen });

/** In the template of HAProxy's configuration: what there is of a server before its port, and the port. */
export const SERVER_PORTS = /^( {2}server .*):<%= it\.cluster\.apiPort %>$/gm;
export const DEAD = '$1:6444';

const DEAD_PORT: BadChange = {
  name: 'HAProxy with its servers at a port where nobody listens',
  ...haproxyWith('dead-port', SERVER_PORTS, DEAD),
  // A BACKUP is not asked by clients: there its own path through loopback tells.
  ends: (host) => ({
    end: 'rolled back',
    seen: host === 1 ? /https\[10\.1\.233\.1:6443\]\/answers/ : /https\[127\.0\.0\.1:7443\]/,
  }),
  unnoticed: ['BACKUP'],
};

const TAKEN_BIND: BadChange = {
  name: 'HAProxy with a bind that is taken',
  // The API server listens there. systemd calls this reload a success.
  ...haproxyWith(
    'taken-bind',
    '  bind 127.0.0.1:7443\n',
    '  bind 127.0.0.1:7443\n  bind <%= it.node.address %>:6443\n',
  ),
  ends: takenBack(/live\[haproxy\.service\].*Address already in use/),
  // On the MASTER they do: the old worker pauses for the two seconds in which the new one tries (3.0).
  unnoticed: ['BACKUP'],
};

const TRACK_SCRIPT: BadChange = {
  name: 'keepalived with a track script that always fails',
  ...keepalivedWith('track-script', (old) =>
    [
      // Before vrrp_script: what follows these two is checked by them.
      ['global_defs {', 'global_defs {\n  enable_script_security\n  script_user nobody'],
      [
        'track_file balancer {',
        'vrrp_script never {\n  script /usr/bin/false\n  interval 1\n}\ntrack_file balancer {',
      ],
      ['  track_file {', '  track_script {\n    never\n  }\n  track_file {'],
    ].reduce((text, [what, by]) => replaced(text, what!, by!), old),
  ),
  ends: takenBack(/vrrp\[10\.1\.233\.1\].*FAULT/),
  unnoticed: ['BACKUP'],
};

const ENDS_ON_RELOAD: BadChange = {
  name: 'a keepalived that ends on the reload',
  // Passes "keepalived -t". Without IPVS in the kernel, or with a persistence engine that it does not have, keepalived
  // ends with "permanent error FATAL" (2.3.3), and again whenever systemd starts it.
  ...keepalivedWith(
    'ends-on-reload',
    (old) => `${old}
virtual_server <%= it.cluster.vip %> 6443 {
  lb_algo rr
  lb_kind NAT
  protocol TCP
  persistence_timeout 60
  persistence_engine none
  real_server <%= it.node.address %> 6443 {
    TCP_CHECK {
      connect_timeout 2
    }
  }
}
`,
  ),
  ends: takenBack(/reload keepalived\.service|live\[keepalived\.service\]/),
  unnoticed: ['BACKUP'],
};

const CUTS_VRRP: BadChange = {
  name: 'something past ufw that cuts VRRP',
  layer: `files:
  /etc/systemd/system/mute.service:
    content: |
      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=iptables -I OUTPUT -o eth0 -p vrrp -j DROP
      ExecStop=iptables -D OUTPUT -o eth0 -p vrrp -j DROP
      [Install]
      WantedBy=multi-user.target
units: { mute.service: { enabled: true, running: true } }
`,
  files: {},
  // Only the MASTER speaks. Where all are mute, a BACKUP may find itself well again: the MASTER went back and is heard.
  ends: (host, place) => {
    if (host === 1) return { end: 'rolled back', seen: /two hosts hold it/ };
    return place === 'BACKUP'
      ? { end: 'kept' }
      : { end: 'rolled back or kept', seen: /two hosts hold it|https\[10\.1\.233\.1/ };
  },
  unnoticed: ['BACKUP'],
};

const UFW_CUTS_VRRP: BadChange = {
  name: 'a ufw rule that cuts VRRP',
  layer: 'ufw: { rules: ["deny out on eth0 proto vrrp to 224.0.0.18"] }\n',
  files: {},
  ends: () => ({
    end: 'refused',
    seen: /ufw\.rules\[0\]: "deny out on eth0 proto vrrp to 224\.0\.0\.18" lets no VRRP out: the others would not hear this node once it is MASTER/,
  }),
  unnoticed: ['MASTER', 'BACKUP', 'all'],
};

const CUTS_GIT: BadChange = {
  name: 'a ufw rule that cuts the Git remote',
  layer: 'ufw: { rules: ["deny out proto tcp to 10.1.0.254 port 22"] }\n',
  files: {},
  ends: takenBack(/remote: .*10\.1\.0\.254/),
  unnoticed: ['MASTER', 'BACKUP', 'all'],
};

const anew = haproxyWith('restarted', '  option tcpka\n', '  option tcpka\n  # Anew.\n', 'restart');
const NO_NONLOCAL_BIND: BadChange = {
  name: 'no ip_nonlocal_bind, and a restart of HAProxy',
  ...anew,
  layer: `${anew.layer}sysctls: { net.ipv4.ip_nonlocal_bind: 0 }\n`,
  // The MASTER loses the address while its HAProxy is down, unless that is back before keepalived has noticed.
  ends: (host) => ({ end: host === 1 ? 'rolled back or kept' : 'rolled back', seen: /haproxy\.service/ }),
  unnoticed: ['BACKUP'],
};

const UNIT_THAT_FAILS: BadChange = {
  name: 'a new unit that does not start',
  layer: `files:
  /etc/systemd/system/bad.service: { content: "[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/false\\n[Install]\\nWantedBy=multi-user.target\\n" }
units: { bad.service: { enabled: true, running: true } }
`,
  files: {},
  ends: takenBack(/bad\.service/),
  unnoticed: ['MASTER', 'BACKUP', 'all'],
};

const VALIDATOR_THAT_HANGS: BadChange = {
  name: 'a validate command that hangs',
  layer: `files:
  /etc/slow.conf: { content: "a = 1\\n", validate: "sh -c 'sleep 600' {file}" }
`,
  files: {},
  ends: () => ({ end: 'refused', seen: /file\[\/etc\/slow\.conf\]: .*sleep 600.* 30 s/s }),
  unnoticed: ['MASTER', 'BACKUP', 'all'],
};

export const BAD = {
  DEAD_PORT,
  TAKEN_BIND,
  TRACK_SCRIPT,
  ENDS_ON_RELOAD,
  CUTS_VRRP,
  UFW_CUTS_VRRP,
  CUTS_GIT,
  NO_NONLOCAL_BIND,
  UNIT_THAT_FAILS,
  VALIDATOR_THAT_HANGS,
} as const;
