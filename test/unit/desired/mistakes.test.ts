import { describe, expect, it } from 'vitest';
import { endOfCluster, inCluster, inDefaults, LESSON, lesson, sentences, type Files } from './lesson.ts';

/** A mistake that somebody would make, and all that is said about it. */
type Row = readonly [mistake: string, repository: Files, said: readonly string[]];

const cluster: readonly Row[] = [
  [
    'three parts of an address',
    inCluster('10.1.1.2', '10.1.1'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: "10.1.1" is not an IPv4 address. Write all four parts, as in 10.1.1.2.',
    ],
  ],
  [
    'an address with its prefix length',
    inCluster('vip: 10.1.233.1', 'vip: 10.1.233.1/16'),
    [
      'cluster.yaml:2:6: vip: "10.1.233.1/16" is not an IPv4 address. Write it without the prefix length: 10.1.233.1.',
    ],
  ],
  [
    'an address that YAML reads as a number',
    inCluster('vip: 10.1.233.1', 'vip: 10.1'),
    ['cluster.yaml:2:6: vip: 10.1 is not an IPv4 address. Write all four parts, as in 10.1.1.2.'],
  ],
  [
    'a part over 255',
    inCluster('10.1.1.2', '10.1.1.256'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: "10.1.1.256" is not an IPv4 address. 256 is over 255.',
    ],
  ],
  [
    'leading zeros in an address',
    inCluster('10.1.1.2', '10.1.1.02'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: "10.1.1.02" is not an IPv4 address. Write the parts without leading zeros.',
    ],
  ],
  [
    'an IPv6 address',
    inCluster('10.1.1.2', '"fd00::2"'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: "fd00::2" is not an IPv4 address. Holdfast needs IPv4 here, as in 10.1.1.2.',
    ],
  ],
  [
    'a key left out',
    inCluster('vip: 10.1.233.1\n', ''),
    ['cluster.yaml:1:1: vip: is missing. Write the virtual IP address, as in 10.1.233.1.'],
  ],
  [
    'a value left out',
    inCluster('vip: 10.1.233.1', 'vip:'),
    ['cluster.yaml:2:1: vip: is empty. Write the virtual IP address, as in 10.1.233.1.'],
  ],
  [
    'a misspelt key, which is not also said to be missing',
    inCluster('interface:', 'interfase:'),
    ['cluster.yaml:3:1: interfase: unknown key. Did you mean "interface"?'],
  ],
  [
    'a misspelt key further in',
    inCluster('{ address: 10.1.1.2', '{ adress: 10.1.1.2'),
    ['cluster.yaml:7:24: nodes.kubernetes-node-2.adress: unknown key. Did you mean "address"?'],
  ],
  [
    'another word for a key',
    inCluster('{ address: 10.1.1.2', '{ ip: 10.1.1.2'),
    [
      'cluster.yaml:7:3: nodes.kubernetes-node-2.address: is missing. Write { address: 10.1.1.2 }, with its own address.',
      'cluster.yaml:7:24: nodes.kubernetes-node-2.ip: unknown key. Known here: address, priority.',
    ],
  ],
  [
    'a hostname in capitals',
    inCluster('kubernetes-node-2', 'Kubernetes-Node-2'),
    [
      "cluster.yaml:7:3: nodes.Kubernetes-Node-2: a node's name is its hostname in lower case. Write kubernetes-node-2.",
    ],
  ],
  [
    'a hostname with its domain',
    inCluster('kubernetes-node-2', 'kubernetes-node-2.home'),
    [
      'cluster.yaml:7:3: nodes["kubernetes-node-2.home"]: a node\'s name is its short hostname. Write kubernetes-node-2, without the domain.',
    ],
  ],
  [
    'an underscore in a hostname',
    inCluster('kubernetes-node-2', 'kubernetes_node_2'),
    [
      "cluster.yaml:7:3: nodes.kubernetes_node_2: a node's name is its short hostname: up to 63 lower-case letters, digits and hyphens, as in kubernetes-node-1.",
    ],
  ],
  [
    'a line copied and not changed',
    inCluster('kubernetes-node-2', 'kubernetes-node-1'),
    [
      'cluster.yaml:7:3: nodes.kubernetes-node-1: stands twice: it was already given in line 6. Keep one of the two.',
    ],
  ],
  [
    'two nodes with one address',
    inCluster('10.1.1.2', '10.1.1.1'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: 10.1.1.1 is already the address of kubernetes-node-1. Give each node its own.',
    ],
  ],
  [
    "the VIP as a node's address",
    inCluster('10.1.1.2', '10.1.233.1'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: 10.1.233.1 is the virtual IP, which moves between nodes. Give kubernetes-node-2 its own address.',
    ],
  ],
  [
    'the loopback address',
    inCluster('10.1.1.2', '127.0.0.1'),
    [
      'cluster.yaml:7:33: nodes.kubernetes-node-2.address: 127.0.0.1 is not an address that a host can have. Give kubernetes-node-2 its own address.',
    ],
  ],
  [
    'a multicast address as VIP',
    inCluster('vip: 10.1.233.1', 'vip: 224.0.0.18'),
    [
      "cluster.yaml:2:6: vip: 224.0.0.18 is not an address that a host can have. Choose a free one of the nodes' network.",
    ],
  ],
  [
    'a VIP of another network, probably',
    inCluster('vip: 10.1.233.1', 'vip: 192.168.77.1'),
    [
      "cluster.yaml:2:6: warning: vip: 192.168.77.1 is probably outside the nodes' network: it does not begin like any node's address (10.1.1.1), and then nobody can reach it. Choose a free one of the nodes' network.",
    ],
  ],
  [
    'two nodes with one priority',
    inCluster('10.1.1.2', '10.1.1.2, priority: 100'),
    [
      'cluster.yaml:7:53: nodes.kubernetes-node-2.priority: priority 100 is already that of kubernetes-node-1. Give each node its own.',
    ],
  ],
  [
    'fast adverts, and BACKUPs that take over at almost the same time',
    lesson({
      ...inCluster('authPass: secret12', 'version: 3, advertInterval: 0.1'),
      'files/keepalived.conf.eta': '# Nothing.\n',
    }),
    [
      'cluster.yaml:8:3: warning: nodes.kubernetes-node-3: its priority 98 is 1 below that of kubernetes-node-2, so with adverts every 0.1 s the two would take the virtual IP 0.4 ms apart, both for a moment, and requests would be lost. Leave at least 13 between two BACKUPs, as in 250, 200 and 150.',
    ],
  ],
  [
    'priority 255, which never gives the VIP away',
    inCluster('10.1.1.2', '10.1.1.2, priority: 255'),
    [
      'cluster.yaml:7:53: nodes.kubernetes-node-2.priority: 255 is not a whole number from 1 to 254. The highest is MASTER.',
    ],
  ],
  [
    'a number in quotes',
    inCluster('10.1.1.2', '10.1.1.2, priority: "90"'),
    [
      'cluster.yaml:7:53: nodes.kubernetes-node-2.priority: "90" is text because of its quotes. Write the number without quotes.',
    ],
  ],
  [
    'a hostname without a number, and no priority',
    inCluster('kubernetes-node-2', 'mypi'),
    [
      'cluster.yaml:7:3: nodes.mypi: mypi ends in no number that a priority could be made of. Write priority: 1 to 254; the highest is MASTER.',
    ],
  ],
  [
    'a hostname with too high a number',
    inCluster('kubernetes-node-2', 'pi-200'),
    [
      'cluster.yaml:7:3: nodes.pi-200: its priority would be -99 (101 minus the number at the end of the name), and VRRP takes 1 to 254. Write priority yourself.',
    ],
  ],
  [
    'two hostnames that end in one number',
    inCluster('kubernetes-node-2', 'spare-1'),
    [
      'cluster.yaml:7:3: nodes.spare-1: priority 100 is already that of kubernetes-node-1 (101 minus the number at the end of the name). Give each node its own.',
    ],
  ],
  [
    'a password that keepalived cuts off',
    inCluster('secret12', 'password123'),
    [
      'cluster.yaml:4:33: vrrp.authPass: the password has 11 characters, and keepalived takes 8: it cuts the rest off, and its check of the configuration fails. Write only the first 8; hosts that were given the long one go on understanding it.',
    ],
  ],
  [
    'an empty password',
    inCluster('secret12', '""'),
    [
      'cluster.yaml:4:33: vrrp.authPass: the password is empty. Write one of up to 8 characters, or remove authPass.',
    ],
  ],
  [
    'a password with a space',
    inCluster('secret12', '"my pass"'),
    [
      "cluster.yaml:4:33: vrrp.authPass: the password holds a character that keepalived's configuration cannot carry: a space, one of \" ' # ! $ \\ { }, or one that is not ASCII. Choose letters and digits.",
    ],
  ],
  [
    'a password with a number sign',
    inCluster('secret12', '"pass#1"'),
    [
      "cluster.yaml:4:33: vrrp.authPass: the password holds a character that keepalived's configuration cannot carry: a space, one of \" ' # ! $ \\ { }, or one that is not ASCII. Choose letters and digits.",
    ],
  ],
  [
    'a password of digits',
    inCluster('secret12', '12345678'),
    [
      'cluster.yaml:4:33: vrrp.authPass: digits alone are a number to YAML. Write { secret: NAME } for a secret under secrets/, up to 8 characters in quotes, or { file: NAME } for a file under files/ that holds them.',
    ],
  ],
  [
    'the placeholder password',
    inCluster('secret12', 'changeme'),
    [
      "cluster.yaml:4:33: warning: vrrp.authPass: the password is still the template's placeholder. Choose your own, on all nodes at one moment.",
    ],
  ],
  [
    'a secret that was not made',
    inCluster('secret12', '{ secret: vrrp }'),
    [
      'cluster.yaml:4:43: vrrp.authPass.secret: secrets/vrrp.age does not exist. Make it with: holdfast secret set vrrp.',
    ],
  ],
  [
    'a password file that was not committed',
    inCluster('secret12', '{ file: vrrp-password }'),
    [
      'cluster.yaml:4:41: vrrp.authPass.file: files/vrrp-password does not exist. Add it, with the password on one line.',
    ],
  ],
  [
    'files/ written twice',
    inCluster('secret12', '{ file: files/vrrp-password }'),
    ['cluster.yaml:4:41: vrrp.authPass.file: names are relative to files/. Write "vrrp-password".'],
  ],
  [
    'a misspelt password key, whose value is not shown',
    inCluster('authPass: secret12', 'authpass: hunter2'),
    ['cluster.yaml:4:23: vrrp.authpass: unknown key. Did you mean "authPass"?'],
  ],
  [
    'a password with VRRP version 3',
    inCluster('routerId: 51', 'routerId: 51, version: 3'),
    [
      'cluster.yaml:4:45: vrrp.authPass: VRRP version 3 has no password. Remove authPass; unicast and a firewall that names the peers keep strangers out.',
    ],
  ],
  [
    'fractions of a second with VRRP version 2',
    inCluster('routerId: 51', 'routerId: 51, advertInterval: 0.2'),
    [
      'cluster.yaml:4:39: vrrp.advertInterval: VRRP version 2 takes whole seconds from 1 to 255, and this is 0.2. Write a whole number; fractions need version: 3.',
    ],
  ],
  [
    'too short an interval for VRRP version 3',
    inCluster('routerId: 51, authPass: secret12', 'routerId: 51, version: 3, advertInterval: 0.005'),
    [
      'cluster.yaml:4:51: vrrp.advertInterval: VRRP version 3 takes hundredths of a second from 0.01 to 40.95, and this is 0.005. Write such a number, as in 0.2.',
    ],
  ],
  [
    'an interval with its unit',
    inCluster('routerId: 51', 'routerId: 51, advertInterval: 1s'),
    [
      'cluster.yaml:4:39: vrrp.advertInterval: "1s" is not a number of seconds. Write seconds without a unit, as in 1.',
    ],
  ],
  [
    'a router id that VRRP has not',
    inCluster('routerId: 51', 'routerId: 256'),
    [
      'cluster.yaml:4:19: vrrp.routerId: 256 is not a whole number from 1 to 255. Choose one that no other VRRP group in this network has.',
    ],
  ],
  [
    'no router id',
    inCluster('routerId: 51, ', ''),
    ['cluster.yaml:4:1: vrrp.routerId: is missing. Choose one that no other VRRP group in this network has.'],
  ],
  [
    'a misspelt transport',
    inCluster('routerId: 51', 'routerId: 51, transport: unicats'),
    [
      'cluster.yaml:4:34: vrrp.transport: "unicats" is not "multicast" or "unicast". Write "multicast" or "unicast".',
    ],
  ],
  [
    'an even number of control plane nodes',
    inCluster('  kubernetes-node-3: { address: 10.1.1.3 }\n', ''),
    [
      'cluster.yaml:5:1: warning: nodes: with 2 control plane nodes etcd survives the loss of none, no more than with 1. Use an odd number.',
    ],
  ],
  [
    'no node at all',
    lesson({ 'cluster.yaml': LESSON['cluster.yaml'].replace(/nodes:[^]*/, 'nodes: {}\n') }),
    [
      'cluster.yaml:5:8: nodes: names no node. Write at least one control plane node, as in pi-1: { address: 10.1.1.1 }.',
    ],
  ],
  [
    'nodes as a list',
    lesson({
      'cluster.yaml': LESSON['cluster.yaml'].replace(/nodes:[^]*/, 'nodes:\n  - kubernetes-node-1\n'),
    }),
    [
      'cluster.yaml:6:3: nodes: a list is not a map of keys. Write one line a node, as in pi-1: { address: 10.1.1.1 }.',
    ],
  ],
  [
    'a worker that is a control plane node too',
    endOfCluster('workers: { kubernetes-node-1: { address: 10.1.1.9 } }\n'),
    [
      'cluster.yaml:9:12: workers.kubernetes-node-1: kubernetes-node-1 is a control plane node too. Keep it in one of the two.',
    ],
  ],
  [
    'a priority for a worker',
    endOfCluster('workers: { worker-1: { address: 10.1.1.9, priority: 3 } }\n'),
    ['cluster.yaml:9:43: workers.worker-1.priority: unknown key. Known here: address.'],
  ],
  [
    'a duration without a unit',
    endOfCluster('health: { within: 60 }\n'),
    [
      'cluster.yaml:9:19: health.within: 60 is not a duration. Write a number and a unit (ms, s, m, h, d), as in 60s.',
    ],
  ],
  [
    'a duration in words',
    endOfCluster('rollout: { settle: 10 sec }\n'),
    [
      'cluster.yaml:9:20: rollout.settle: "10 sec" is not a duration. Write a number and a unit (ms, s, m, h, d), as in 10s.',
    ],
  ],
  [
    'a check without a port',
    endOfCluster('health: { checks: { dns: { tcp: "10.1.1.1" } } }\n'),
    ['cluster.yaml:9:33: health.checks.dns.tcp: "10.1.1.1" is not HOST:PORT. Write it as in 10.1.1.1:53.'],
  ],
  [
    'a check of two things',
    endOfCluster('health: { checks: { dns: { tcp: "10.1.1.1:53", unit: bind9.service } } }\n'),
    ['cluster.yaml:9:26: health.checks.dns: says tcp and unit at once. Make two checks of it.'],
  ],
  [
    'a misspelt sort of check',
    endOfCluster('health: { checks: { dns: { tpc: "10.1.1.1:53" } } }\n'),
    ['cluster.yaml:9:28: health.checks.dns.tpc: unknown key. Did you mean "tcp"?'],
  ],
  [
    'a time without its zone',
    endOfCluster('rollout: { at: "2025-06-01T03:00" }\n'),
    [
      'cluster.yaml:9:16: rollout.at: "2025-06-01T03:00" is not a time with its zone. Write date, time and zone, as in "2025-06-01T03:00:00+02:00".',
    ],
  ],
  [
    'an unknown host in the order',
    endOfCluster('rollout: { order: [kubernets-node-1] }\n'),
    [
      'cluster.yaml:9:20: rollout.order[0]: kubernets-node-1 is not in the cluster. Did you mean "kubernetes-node-1"?',
    ],
  ],
  [
    'a tab',
    inCluster('  kubernetes-node-1', '\tkubernetes-node-1'),
    ['cluster.yaml:6:1: a tab indents this line, and YAML indents with spaces only. Replace the tab.'],
  ],
  [
    'a colon forgotten',
    inCluster('name: home', 'name home'),
    ['cluster.yaml:1:1: a key must be followed by ": " on its own line. Add the colon and the space.'],
  ],
  [
    'no space behind the colon',
    inCluster('vip: 10.1.233.1', 'vip:10.1.233.1'),
    ['cluster.yaml:2:1: a key must be followed by ": " on its own line. Add the colon and the space.'],
  ],
  [
    'a bracket that is never closed, told where it opens',
    inCluster('10.1.1.2 }', '10.1.1.2'),
    ['cluster.yaml:7:22: this "{" is never closed. Add the "}".'],
  ],
  [
    'a quote that is never closed, told where it opens',
    inCluster('name: home', 'name: "home'),
    ['cluster.yaml:1:7: this quote is never closed. Close it.'],
  ],
  [
    'a comma forgotten',
    inCluster('51, authPass', '51 authPass'),
    ['cluster.yaml:4:19: a comma is missing between two entries. Add it.'],
  ],
  [
    'a YAML merge key',
    inCluster('nodes:\n', 'nodes:\n  <<: {}\n'),
    [
      'cluster.yaml:6:3: nodes["<<"]: YAML merge keys are not read. Put what hosts share into defaults.yaml or roles/*.yaml.',
    ],
  ],
  [
    'an alias that was not meant as one',
    inCluster('eth0', '*'),
    [
      'cluster.yaml:3:12: a value that begins with "*" is an alias to YAML, and no anchor of this name comes before it. Put the value in quotes.',
    ],
  ],
  [
    'a tag',
    inCluster('name: home', 'name: !env NAME'),
    ['cluster.yaml:1:7: Holdfast knows no tags (!name). Remove the tag, or put the value in quotes.'],
  ],
];

const layers: readonly Row[] = [
  [
    'a template that fails: what requires its file is not also to blame',
    lesson({
      'defaults.yaml': LESSON['defaults.yaml'].replace(
        '{ enabled: true, running: true }',
        '{ running: true, requires: ["file[/etc/keepalived/keepalived.conf]"] }',
      ),
      'files/keepalived.conf.eta': '<%= it.cluster.nmae %>\n',
    }),
    [expect.stringMatching(/^files\/keepalived\.conf\.eta:1:\d+: .*nmae/) as string],
  ],
  [
    'a section that is not one',
    inDefaults('sysctls:', 'sysctl:'),
    ['defaults.yaml:8:1: sysctl: unknown key. Did you mean "sysctls"?'],
  ],
  [
    'a section twice',
    inDefaults('units:', 'ufw: {}\nunits:'),
    ['defaults.yaml:14:1: ufw: stands twice: it was already given in line 10. Keep one of the two.'],
  ],
  [
    'a section whose entries were all removed',
    inDefaults('  net.ipv4.ip_nonlocal_bind: 1\n', ''),
    [
      'defaults.yaml:8:1: warning: sysctls: has nothing under it, and takes nothing out. Remove the line, or write entries.',
    ],
  ],
  [
    'an entry taken out under a misspelt name',
    lesson({ 'hosts/kubernetes-node-2.yaml': 'files: { /etc/keepalived/keepalivd.conf: null }\n' }),
    [
      'hosts/kubernetes-node-2.yaml:1:10: warning: files["/etc/keepalived/keepalivd.conf"]: takes nothing out: no earlier layer has it. Did you mean "/etc/keepalived/keepalived.conf"?',
    ],
  ],
  [
    'a file of others in which nothing is edited',
    inDefaults('units:', 'yaml: { /etc/kubernetes/x.yaml: {} }\nunits:'),
    [
      'defaults.yaml:14:9: yaml["/etc/kubernetes/x.yaml"]: edits nothing. Write set, flags or remove, or take the file out with null.',
    ],
  ],
  [
    'an item of a list by its number',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { "a[0].b": 1 } } }\nunits:'),
    [
      'defaults.yaml:14:31: yaml["/etc/x.yaml"].set["a[0].b"]: "a[0].b" counts the items of a list, and others may move them. Name the item by one of its keys, as in spec.containers[name=kube-apiserver].image.',
    ],
  ],
  [
    'a path in another spelling',
    inDefaults('units:', `yaml: { /etc/x.yaml: { set: { 'a["b"]': 1 } } }\nunits:`),
    ['defaults.yaml:14:31: yaml["/etc/x.yaml"].set["a[\\"b\\"]"]: is spelt in another way. Write a.b.'],
  ],
  [
    'a new name for an item that is found by its name',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { "a[b=c].b": d } } }\nunits:'),
    [
      'defaults.yaml:14:31: yaml["/etc/x.yaml"].set["a[b=c].b"]: is the key that its item is found by, and after this edit nothing would find it again, not even to put it back. Find the item by another key.',
    ],
  ],
  [
    'a value inside of a value',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { a.b.c.d: 1, a.b: 2 } } }\nunits:'),
    [
      'defaults.yaml:14:40: yaml["/etc/x.yaml"].set["a.b.c.d"]: a.b.c.d stands inside a.b, which is given a single value. Leave one of the two.',
    ],
  ],
  [
    'an argument of a list that another line takes out',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { flags: { a.c: { --b: 1 } }, remove: [a] } }\nunits:'),
    [
      'defaults.yaml:14:45: yaml["/etc/x.yaml"].flags["a.c"].--b: a.c[--b] stands inside a, which is named under remove. Leave one of the two.',
    ],
  ],
  [
    'an argument given and taken out at once',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { flags: { a: { --b: 1 } }, remove: ["a[--b]"] } }\nunits:'),
    [
      'defaults.yaml:14:59: yaml["/etc/x.yaml"].remove[0]: a[--b] is given a value here as well. Leave one of the two.',
    ],
  ],
  [
    'an argument in two spellings that Kubernetes reads as one',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { flags: { a: { --b-c: 1, --b_c: 2 } } } }\nunits:'),
    [
      'defaults.yaml:14:55: yaml["/etc/x.yaml"].flags.a.--b_c: is a[--b-c] to Kubernetes, which reads _ as -. Leave one of the two.',
    ],
  ],
  [
    'an argument among the values',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { "a[--b]": 1 } } }\nunits:'),
    [
      'defaults.yaml:14:31: yaml["/etc/x.yaml"].set["a[--b]"]: names an argument. Write it under flags: { a: { --b: VALUE } }.',
    ],
  ],
  [
    'a value of several lines',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { a: "x\\ny" } } }\nunits:'),
    [
      'defaults.yaml:14:34: yaml["/etc/x.yaml"].set.a: has several lines, and only single lines are edited. Write a text, a whole number, true or false; what shall go is named under remove.',
    ],
  ],
  [
    'a value that kubelet would read otherwise',
    inDefaults(
      'units:',
      'yaml: { /etc/x.yaml: { set: { a: on, b: 010, c: 1_0, d: "on", e: 0x1F, f: 1:30, g: true }, flags: { l: { --f: on } } } }\nunits:',
    ),
    [
      'defaults.yaml:14:34: warning: yaml["/etc/x.yaml"].set.a: on is "on" here, where YAML 1.2 is read, and true to kubelet, which reads YAML 1.1. Write "on" or true.',
      'defaults.yaml:14:41: warning: yaml["/etc/x.yaml"].set.b: 010 is 10 here, where YAML 1.2 is read, and 8 to kubelet, which reads YAML 1.1. Write 10 or 8.',
      'defaults.yaml:14:49: warning: yaml["/etc/x.yaml"].set.c: 1_0 is "1_0" here, where YAML 1.2 is read, and 10 to kubelet, which reads YAML 1.1. Write "1_0" or 10.',
    ],
  ],
  [
    'a list as a value',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { a: [1] } } }\nunits:'),
    [
      'defaults.yaml:14:34: yaml["/etc/x.yaml"].set.a: a list is not a single value. Write a text, a whole number, true or false; what shall go is named under remove.',
    ],
  ],
  [
    'a misspelt key of a file of others',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { sets: { a: 1 } } }\nunits:'),
    ['defaults.yaml:14:24: yaml["/etc/x.yaml"].sets: unknown key. Did you mean "set"?'],
  ],
  [
    'a file that is ours and others’',
    inDefaults('units:', 'yaml: { /etc/keepalived/keepalived.conf: { set: { a: 1 } } }\nunits:'),
    [
      'defaults.yaml:14:9: yaml["/etc/keepalived/keepalived.conf"]: is a file of its own under files, too. Remove one of the two.',
    ],
  ],
  [
    'an edit taken out that is not there',
    lesson({
      'defaults.yaml': `${LESSON['defaults.yaml']}yaml: { /etc/x.yaml: { set: { spec.host: 1 } } }\n`,
      'hosts/kubernetes-node-2.yaml': 'yaml: { /etc/x.yaml: { set: { spec.hots: null } } }\n',
    }),
    [
      'hosts/kubernetes-node-2.yaml:1:31: warning: yaml["/etc/x.yaml"].set["spec.hots"]: takes nothing out: no earlier layer has it. Did you mean "spec.host"?',
    ],
  ],
  [
    'the password in a file of others',
    inDefaults('units:', 'yaml: { /etc/x.yaml: { set: { a: "<%= it.vrrp.authPass %>" } } }\nunits:'),
    [
      'defaults.yaml:14:34: yaml["/etc/x.yaml"].set.a: reads a secret (it.vrrp.authPass, or one of it.secrets), and what stands here shows in logs and plans. Only the content of a file may hold one.',
    ],
  ],
  [
    'a kernel parameter as a truth value',
    inDefaults('ip_nonlocal_bind: 1', 'ip_nonlocal_bind: true'),
    [
      'defaults.yaml:9:30: sysctls["net.ipv4.ip_nonlocal_bind"]: true is not a value that the kernel knows. Write 1.',
    ],
  ],
  [
    'a kernel parameter with slashes',
    inDefaults('net.ipv4.ip_nonlocal_bind', 'net/ipv4/ip_nonlocal_bind'),
    [
      'defaults.yaml:9:3: sysctls["net/ipv4/ip_nonlocal_bind"]: is not a kernel parameter as Holdfast spells them. Write net.ipv4.ip_nonlocal_bind.',
    ],
  ],
  [
    'a kernel parameter without a value',
    inDefaults('ip_nonlocal_bind: 1', 'ip_nonlocal_bind: ""'),
    [
      'defaults.yaml:9:30: sysctls["net.ipv4.ip_nonlocal_bind"]: is empty. Write a number or a text, as in 1.',
    ],
  ],
  [
    'an action that ufw does not know',
    inDefaults('allow 22/tcp', 'alow 22/tcp'),
    [
      'defaults.yaml:13:7: ufw.rules[0]: "alow 22/tcp" is not a rule of ufw\'s. A rule begins with allow, deny, reject or limit, and this is "alow". Did you mean "allow"?',
    ],
  ],
  [
    'a rule with a colon',
    inDefaults('allow 22/tcp', 'allow: 22/tcp'),
    [
      'defaults.yaml:13:7: ufw.rules[0]: a map is not a rule. Write a rule as ufw takes it on its command line, as in "allow 22/tcp".',
    ],
  ],
  [
    'one rule that is no list',
    inDefaults('rules:\n    - allow 22/tcp', 'rules: allow 22/tcp'),
    ['defaults.yaml:12:10: ufw.rules: "allow 22/tcp" is not a list of rules. Begin each rule with "- ".'],
  ],
  [
    'two rules that are one for ufw',
    inDefaults('- allow 22/tcp', '- allow 22/tcp\n    - limit 22/tcp'),
    [
      'defaults.yaml:14:7: ufw.rules[1]: "limit 22/tcp" and "allow 22/tcp" are one rule for ufw, which keeps only one. Leave one out.',
    ],
  ],
  [
    'yes for true',
    inDefaults('{ enabled: true, running: true }', '{ enabled: yes, running: true }'),
    [
      'defaults.yaml:15:34: units["keepalived.service"].enabled: "yes" is text to YAML 1.2, not true or false. Write true, without quotes.',
    ],
  ],
  [
    'a unit without its suffix',
    inDefaults('keepalived.service: {', 'keepalived: {'),
    ['defaults.yaml:15:3: units.keepalived: "keepalived" is not a unit. Did you mean "keepalived.service"?'],
  ],
  [
    'a unit of which nothing is said',
    inDefaults('{ enabled: true, running: true }', '{}'),
    [
      'defaults.yaml:15:3: units["keepalived.service"]: says nothing about the unit. Write enabled, running, or both.',
    ],
  ],
  [
    'Holdfast itself',
    inDefaults('keepalived.service: {', 'holdfast.service: {'),
    [
      'defaults.yaml:15:3: units["holdfast.service"]: "holdfast.service" is Holdfast itself: it would stop in the middle of its work. Leave it out.',
    ],
  ],
  [
    'the newest version of a package',
    inDefaults('haproxy: present', 'haproxy: latest'),
    [
      'defaults.yaml:1:43: packages.haproxy: "latest" is not "present". Holdfast installs packages and removes none that it did not install: write present, or remove the line.',
    ],
  ],
  [
    'a version behind the name of a package',
    inDefaults('haproxy: present', 'haproxy=3.0: present'),
    [
      'defaults.yaml:1:34: packages["haproxy=3.0"]: "haproxy=3.0" is not the name of a package. Write the name alone, without a version or an architecture.',
    ],
  ],
  [
    'a requirement that is misspelt',
    inDefaults('{ enabled: true, running: true }', '{ running: true, requires: ["package[keepalive]"] }'),
    [
      'defaults.yaml:15:50: units["keepalived.service"].requires: package[keepalive] is not in the desired state of this host. Did you mean "package[keepalived]"?',
    ],
  ],
  [
    'a requirement without its kind',
    inDefaults('{ enabled: true, running: true }', '{ running: true, requires: [keepalived] }'),
    [
      'defaults.yaml:15:51: units["keepalived.service"].requires[0]: "keepalived" is not a resource. Write it as in "file[/etc/haproxy/haproxy.cfg]".',
    ],
  ],
  [
    'two that require each other',
    inDefaults('    mode:', '    requires: ["unit[keepalived.service]"]\n    mode:'),
    [
      'defaults.yaml:5:15: files["/etc/keepalived/keepalived.conf"].requires: these require each other: file[/etc/keepalived/keepalived.conf] → unit[keepalived.service] → file[/etc/keepalived/keepalived.conf]. Remove one of the requires.',
    ],
  ],
  [
    'a password in a rule',
    inDefaults('allow 22/tcp', '"allow 22/tcp comment <%= it.vrrp.authPass %>"'),
    [
      'defaults.yaml:13:7: ufw.rules[0]: reads a secret (it.vrrp.authPass, or one of it.secrets), and what stands here shows in logs and plans. Only the content of a file may hold one.',
    ],
  ],
  [
    'a mistake that only some hosts meet',
    lesson({ 'roles/backup.yaml': 'sysctls: { net.ipv4.x: "<%= it.nope %>" }\n' }),
    [
      'roles/backup.yaml:1:32: sysctls["net.ipv4.x"]: undefined template variable it.nope. Did you mean it.node? (On kubernetes-node-2, kubernetes-node-3.)',
    ],
  ],
  [
    'a mistake in the layer of one host, said without naming it',
    lesson({ 'roles/master.yaml': 'sysctls: { net.ipv4.x: false }\n' }),
    ['roles/master.yaml:1:24: sysctls["net.ipv4.x"]: false is not a value that the kernel knows. Write 0.'],
  ],
  [
    'a mistake in the layer of a role',
    lesson({ 'roles/worker.yaml': 'sysctls: { net.ipv4.x: false }\n' }),
    ['roles/worker.yaml:1:24: sysctls["net.ipv4.x"]: false is not a value that the kernel knows. Write 0.'],
  ],
];

const files: readonly Row[] = [
  [
    'a mode without quotes',
    inDefaults('"0600"', '0600'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: without quotes YAML reads this as the number 600, not as octal digits. Write four octal digits in quotes, as in "0644".',
    ],
  ],
  [
    'a mode with a digit that is not octal',
    inDefaults('"0600"', '"0680"'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: "0680" is not a mode. Write four octal digits in quotes, as in "0644".',
    ],
  ],
  [
    'a mode in letters',
    inDefaults('"0600"', 'u=rw'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: "u=rw" is not a mode. Write four octal digits in quotes, as in "0644".',
    ],
  ],
  [
    'a password that everybody may read',
    inDefaults('"0600"', '"0644"'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: this file holds a secret. Mode "0644" lets everybody on the host at it. Write mode: "0600".',
    ],
  ],
  [
    'a password without a mode',
    inDefaults('    mode: "0600"\n', ''),
    [
      'defaults.yaml:3:3: files["/etc/keepalived/keepalived.conf"].mode: this file holds a secret. Without a mode everybody on the host could read it. Write mode: "0600".',
    ],
  ],
  [
    'a password that the group root may read',
    inDefaults('"0600"', '"0640"'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: this file holds a secret. Mode "0640" lets the group root at it. Write mode: "0600".',
    ],
  ],
  [
    'a password that everybody may read, with a group',
    inDefaults('mode: "0600"', 'mode: "0644"\n    group: keepalived'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: this file holds a secret. Mode "0644" lets everybody on the host at it. Write mode: "0640", which lets the group keepalived read it.',
    ],
  ],
  [
    'files/ in front of a template',
    inDefaults('template: keepalived', 'template: files/keepalived'),
    [
      'defaults.yaml:4:15: files["/etc/keepalived/keepalived.conf"].template: names are relative to files/. Write "keepalived.conf.eta".',
    ],
  ],
  [
    'a template without its suffix',
    inDefaults('keepalived.conf.eta', 'keepalived.conf'),
    [
      'defaults.yaml:4:15: files["/etc/keepalived/keepalived.conf"].template: files/keepalived.conf does not exist. Did you mean "keepalived.conf.eta"?',
    ],
  ],
  [
    'a template outside files/',
    inDefaults('keepalived.conf.eta', '../keepalived.conf.eta'),
    [
      'defaults.yaml:4:15: files["/etc/keepalived/keepalived.conf"].template: "../keepalived.conf.eta" is not under files/. A repository uses only files of its own.',
    ],
  ],
  [
    'a template and a text at once',
    inDefaults('    template:', '    content: x\n    template:'),
    [
      'defaults.yaml:4:5: files["/etc/keepalived/keepalived.conf"]: says template and content at once. Keep one of them.',
    ],
  ],
  [
    'nothing about what is in it',
    inDefaults('    template: keepalived.conf.eta\n', ''),
    [
      'defaults.yaml:3:3: files["/etc/keepalived/keepalived.conf"]: does not say what is in the file. Write one of template, content, source, secret, or absent: true.',
    ],
  ],
  [
    'a misspelt field',
    inDefaults('template:', 'tmeplate:'),
    [
      'defaults.yaml:4:5: files["/etc/keepalived/keepalived.conf"].tmeplate: unknown key. Did you mean "template"?',
    ],
  ],
  [
    'a template that is copied',
    inDefaults('template: keepalived', 'source: keepalived'),
    [
      'defaults.yaml:4:13: warning: files["/etc/keepalived/keepalived.conf"].source: source copies the file as it is, <% %> included. Write template to have it rendered.',
    ],
  ],
  [
    'a validator that does not name the file',
    inDefaults(' -f {file}', ''),
    [
      'defaults.yaml:6:15: files["/etc/keepalived/keepalived.conf"].validate: "keepalived -t" does not name the file that it shall check. Write a command with {file} in it, as in "haproxy -c -f {file}".',
    ],
  ],
  [
    'a validator with a pipe',
    inDefaults('-f {file}', '-f {file} | grep ok'),
    [
      'defaults.yaml:6:15: files["/etc/keepalived/keepalived.conf"].validate: "|" has no meaning here, because no shell runs this command. Put a script on the host and name it, or quote the word if the character belongs to it.',
    ],
  ],
  [
    'a validator with an open quote',
    inDefaults('-f {file}', '-f "{file}'),
    [
      'defaults.yaml:6:15: files["/etc/keepalived/keepalived.conf"].validate: a " is opened and never closed. Close it.',
    ],
  ],
  [
    'a notified unit without its suffix',
    inDefaults('{ reload: keepalived.service }', '{ reload: keepalived }'),
    [
      'defaults.yaml:7:23: files["/etc/keepalived/keepalived.conf"].notify.reload: "keepalived" is not a unit. Did you mean "keepalived.service"?',
    ],
  ],
  [
    'a notified unit and no word for what to do',
    inDefaults('{ reload: keepalived.service }', 'keepalived.service'),
    [
      'defaults.yaml:7:13: files["/etc/keepalived/keepalived.conf"].notify: "keepalived.service" is not what to notify. Write { reload: haproxy.service } or { restart: haproxy.service }, or a list of these.',
    ],
  ],
  [
    'reload and restart at once',
    inDefaults(
      '{ reload: keepalived.service }',
      '{ reload: keepalived.service, restart: keepalived.service }',
    ),
    [
      'defaults.yaml:7:13: files["/etc/keepalived/keepalived.conf"].notify: needs reload or restart, one of the two. Write { reload: haproxy.service } or { restart: haproxy.service }, or a list of these.',
    ],
  ],
  [
    'a misspelt reload',
    inDefaults('{ reload: keepalived.service }', '{ relaod: keepalived.service }'),
    [
      'defaults.yaml:7:15: files["/etc/keepalived/keepalived.conf"].notify.relaod: unknown key. Did you mean "reload"?',
    ],
  ],
  [
    'an owner by number',
    inDefaults('    mode:', '    owner: 0\n    mode:'),
    [
      'defaults.yaml:5:12: files["/etc/keepalived/keepalived.conf"].owner: 0 is not a user. Write a name, as in root.',
    ],
  ],
  [
    'a path without its slash',
    inDefaults('/etc/keepalived/keepalived.conf', 'etc/keepalived/keepalived.conf'),
    [
      'defaults.yaml:3:3: files["etc/keepalived/keepalived.conf"]: "etc/keepalived/keepalived.conf" is not an absolute path. Begin it with "/", as in /etc/keepalived/keepalived.conf.',
    ],
  ],
  [
    'a path that climbs',
    inDefaults('/etc/keepalived/', '/etc/keepalived/../'),
    [
      'defaults.yaml:3:3: files["/etc/keepalived/../keepalived.conf"]: "/etc/keepalived/../keepalived.conf" is not a plain path. Write /etc/keepalived.conf.',
    ],
  ],
  [
    'a folder',
    inDefaults('/etc/keepalived/keepalived.conf', '/etc/keepalived/'),
    [
      'defaults.yaml:3:3: files["/etc/keepalived/"]: "/etc/keepalived/" is not a file. Name a file, not a folder: remove the "/" at the end.',
    ],
  ],
  [
    'a home directory',
    inDefaults('/etc/keepalived/keepalived.conf', '~/.ssh/authorized_keys'),
    [
      'defaults.yaml:3:3: files["~/.ssh/authorized_keys"]: "~/.ssh/authorized_keys" is not an absolute path. Nothing expands "~" here: write /root or /home/NAME.',
    ],
  ],
  [
    "the kernel's own files",
    inDefaults('/etc/keepalived/keepalived.conf', '/proc/sys/net/ipv4/ip_forward'),
    [
      'defaults.yaml:3:3: files["/proc/sys/net/ipv4/ip_forward"]: /proc is the kernel\'s. Use "sysctls" for kernel parameters.',
    ],
  ],
  [
    "Holdfast's own files",
    inDefaults('/etc/keepalived/keepalived.conf', '/etc/holdfast/agent.yaml'),
    [
      'defaults.yaml:3:3: files["/etc/holdfast/agent.yaml"]: /etc/holdfast holds what Holdfast needs to reach this repository; a mistake there could not be taken back. Change it on the host.',
    ],
  ],
  [
    'the files of sysctls',
    inDefaults('/etc/keepalived/keepalived.conf', '/etc/sysctl.d/99-holdfast-net.conf'),
    [
      'defaults.yaml:3:3: files["/etc/sysctl.d/99-holdfast-net.conf"]: is where "sysctls" are written. Give the parameters under "sysctls", or choose another file name.',
    ],
  ],
  [
    'a file beneath a file',
    inDefaults('files:\n', 'files:\n  /etc/keepalived: { content: x }\n'),
    [
      'defaults.yaml:4:3: files["/etc/keepalived/keepalived.conf"]: lies beneath /etc/keepalived, which is a file of its own. Remove one of the two.',
    ],
  ],
  [
    'an absent file with a mode',
    inDefaults('files:\n', 'files:\n  /etc/old: { absent: true, mode: "0644" }\n'),
    [
      'defaults.yaml:3:35: files["/etc/old"].mode: a file that shall be absent has no mode. Remove it, or remove absent.',
    ],
  ],
  [
    'a mode that no host can have',
    inDefaults('"0600"', '"<%= it.node.state %>"'),
    [
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: "BACKUP" is not a mode. Write four octal digits in quotes, as in "0644". (On kubernetes-node-2, kubernetes-node-3.)',
      'defaults.yaml:5:11: files["/etc/keepalived/keepalived.conf"].mode: "MASTER" is not a mode. Write four octal digits in quotes, as in "0644". (On kubernetes-node-1.)',
    ],
  ],
];

const repository: readonly Row[] = [
  [
    'an empty cluster.yaml',
    lesson({ 'cluster.yaml': '# to do\n' }),
    ['cluster.yaml: is empty. Write name, vip, interface, vrrp and nodes.'],
  ],
  [
    'an empty defaults.yaml',
    lesson({ 'defaults.yaml': '' }),
    ['defaults.yaml: warning: holds nothing. Write {} if that is meant, or remove the file.'],
  ],
  [
    'cluster.yml',
    { 'cluster.yml': LESSON['cluster.yaml'] },
    ['cluster.yaml: does not exist, but cluster.yml does. Rename it to cluster.yaml.'],
  ],
  [
    'nothing at all',
    {},
    [
      'cluster.yaml: does not exist: the repository, or the folder of it that is configured, is empty. Commit a desired state to it.',
    ],
  ],
  [
    'files that nobody reads',
    lesson({
      'default.yaml': '{}',
      'role/x': '',
      'roles/masters.yaml': '{}',
      'roles/backup.yml': '{}',
      'hosts/kubernetes-node-1.yml': '{}',
      'hosts/kubernetes-node-4.yaml': '{}',
      'renovate.yaml': '',
    }),
    [
      'default.yaml: warning: is not read. Did you mean "defaults.yaml"?',
      'hosts/kubernetes-node-1.yml: warning: is not read: cluster.yaml names no such host. Rename it to kubernetes-node-1.yaml.',
      'hosts/kubernetes-node-4.yaml: warning: is not read: cluster.yaml names no such host. Add the host to nodes or workers, or remove the file.',
      'role: warning: is not read. Did you mean "roles"?',
      'roles/backup.yml: warning: is not read: there is no such role. Rename it to backup.yaml.',
      'roles/masters.yaml: warning: is not read: there is no such role. Did you mean "master.yaml"?',
    ],
  ],
  [
    'a text that is not UTF-8',
    lesson({ 'cluster.yaml': Uint8Array.of(0x6e, 0xe4, 0x0a) }),
    ['cluster.yaml: is not a text in UTF-8. Save it as UTF-8.'],
  ],
  [
    'aliases that multiply',
    lesson({
      'cluster.yaml': `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [${'*b,'.repeat(20)}*b]\n`,
    }),
    ['cluster.yaml: cannot be read as YAML: it uses more than 100 aliases (*name). Write the values out.'],
  ],
  [
    'a template that is misspelt inside',
    lesson({
      'files/keepalived.conf.eta': LESSON['files/keepalived.conf.eta'].replace('routerId', 'routerID'),
    }),
    [
      'files/keepalived.conf.eta:4:33: undefined template variable it.vrrp.routerID. Did you mean it.vrrp.routerId?',
    ],
  ],
  [
    'a state that a worker has not',
    lesson({ 'cluster.yaml': `${LESSON['cluster.yaml']}workers: { worker-1: { address: 10.1.1.9 } }\n` }),
    [
      'files/keepalived.conf.eta:2:9: there is nothing to print here: the value is null. Ask for it with <% if (…) { %> first. (On worker-1.)',
    ],
  ],
];

describe.each([
  ['cluster.yaml', cluster],
  ['defaults.yaml, roles and hosts', layers],
  ['an entry of files', files],
  ['the repository', repository],
] as const)('a mistake in %s', (_, rows) => {
  it.each(rows)('%s', async (_mistake, repositoryFiles, said) => {
    expect(await sentences(repositoryFiles)).toEqual(said);
  });
});

it('says nothing about a repository without a mistake', async () => {
  expect(await sentences(lesson())).toEqual([]);
});

it('says several mistakes at once, in the order of the files', async () => {
  const found = await sentences(
    lesson({
      'cluster.yaml': LESSON['cluster.yaml'].replace('10.1.1.2', '10.1.1').replace('eth0', 'eth 0'),
      'defaults.yaml': LESSON['defaults.yaml'].replace('enabled: true\n', 'enabled: yes\n'),
    }),
  );
  expect(found.map((sentence) => sentence.split(': ').slice(0, 2).join(': '))).toEqual([
    'cluster.yaml:3:12: interface',
    'cluster.yaml:7:33: nodes.kubernetes-node-2.address',
    'defaults.yaml:11:12: ufw.enabled',
  ]);
});
