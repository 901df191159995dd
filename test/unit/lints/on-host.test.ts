import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import { apiServerEverywhere } from '../../../agent/lints/on-host/api-server-everywhere.ts';
import { certificate } from '../../../agent/lints/on-host/certificate.ts';
import { clock } from '../../../agent/lints/on-host/clock.ts';
import { gitRemote } from '../../../agent/lints/on-host/git-remote.ts';
import type { At, Intent, Verdict } from '../../../agent/lints/on-host/lint.ts';
import { routerIdHeard } from '../../../agent/lints/on-host/router-id-heard.ts';
import { stranger } from '../../../agent/lints/on-host/stranger.ts';
import { strayManifest } from '../../../agent/lints/on-host/stray-manifest.ts';
import { unheardHolder } from '../../../agent/lints/on-host/unheard-holder.ts';
import { podName } from '../../../agent/lints/repository/pod-name.ts';

import { certificateAuthority } from '../host/certificates.ts';

/** Each lint of the host: facts that trip it, with the sentence, and facts that do not. */

const K = 'file[/etc/keepalived/keepalived.conf]';
const H = 'file[/etc/haproxy/haproxy.cfg]';
const N = 'file[/etc/nginx/nginx.conf]';
const M = 'yaml[/etc/kubernetes/manifests/kube-apiserver.yaml]';
const C = 'yaml[/etc/kubernetes/admin.conf]';

const CLUSTER = {
  vip: '10.1.233.1',
  apiPort: 6443,
  interface: 'eth0',
  vrrp: { routerId: 51, version: 2, advertIntervalMs: 1_000, transport: 'multicast' },
  nodes: [1, 2, 3].map((n) => ({ name: `node-${n}`, address: `10.1.1.${n}`, priority: 101 - n })),
  health: { insecure: false },
} as unknown as Cluster;
const NOTHING: Intent = {
  takesVip: null,
  routerId: null,
  pointsAtVip: null,
  bindsVip: null,
  editsManifest: null,
  manifestWaits: null,
};
const BINDS = { by: H, balancer: 'HAProxy' } as const;
const NOW = Date.now();
const at = (intent: Partial<Intent> | null, more: Partial<At> = {}): At => ({
  cluster: CLUSTER,
  role: { hostname: 'node-1', role: 'MASTER', priority: 100, address: '10.1.1.1' },
  nowMs: NOW,
  remoteHost: 'git.home',
  intent: intent && { ...NOTHING, ...intent },
  ...more,
});
const unicast = { ...CLUSTER, vrrp: { ...CLUSTER.vrrp, transport: 'unicast' as const } };
const insecure = { ...CLUSTER, health: { ...CLUSTER.health, insecure: true } };

const NAMED = 'IP:10.1.1.1,IP:10.1.233.1';
const inDays = (days: number): string => new Date(NOW + days * 86_400_000).toISOString().slice(0, 10);

const UNNAMED = `the API server's certificate (/etc/kubernetes/pki/apiserver.crt) does not name 10.1.233.1, so whoever verifies it refuses the virtual IP. On this host: "kubectl -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' >kubeadm.yaml", add 10.1.233.1 to its apiServer.certSANs, "mv /etc/kubernetes/pki/apiserver.crt /etc/kubernetes/pki/apiserver.key /root/" (kubeadm skips while they exist), "kubeadm init phase certs apiserver --config kubeadm.yaml".`;
const RENEW = 'On this host: "kubeadm certs renew apiserver", for all of them "kubeadm certs renew all".';
const BAK = '/etc/kubernetes/manifests/kube-apiserver.yaml.bak';
const TWIN = `${BAK} describes the pod kube-apiserver as kube-apiserver.yaml does, and kubelet may run either: it takes every file there whose name does not begin with a dot. Move it away: mv ${BAK} /root/.`;
const pods = (...files: (readonly [string, string | null])[]) => ({
  pods: new Map([['kube-apiserver.yaml', 'kube-apiserver'], ...files]),
});
const REMOTE =
  "The Git remote's name git.home is 10.1.233.1, the virtual IP: when that breaks, this host cannot fetch the commit that mends it. Give the Git server an address of its own, and write it as repository.url in agent.yaml.";

type Row = readonly [what: string, says: readonly Verdict[], expected: readonly Verdict[]];
const refuses = (id: Intent['takesVip'], why: string, of?: 'vip' | 'routerId'): readonly Verdict[] => [
  { refuses: id!, why, ...(of === undefined ? {} : { of }) },
];
const notice = (sentence: string): readonly Verdict[] => [{ notice: sentence }];
const OURS = { ours: ['02:00:00:00:00:02', '02:00:00:00:00:03'] };
const NODE_2 = { name: 'node-2', address: '10.1.1.2' };
const advert = (source: string, routerId: number) => ({
  heard: [{ source, version: 2, routerId, priority: 100, addresses: ['192.168.1.1'] }],
});
const UNHEARD =
  'node-2 holds 10.1.233.1 and sends this host no adverts: it does not know it as a unicast peer yet, and both would have the address. This host follows by itself as soon as the others have this commit, which they take at its rollout.at ("holdfast why" there says what it waits for).';
const EVERYWHERE =
  'kube-apiserver listens on *:6443, so HAProxy cannot have 10.1.233.1:6443. Give the API server this node\'s address: set --bind-address=10.1.1.1 in /etc/kubernetes/manifests/kube-apiserver.yaml, by an entry under "yaml:" in the same commit or by hand.';
const PROBE =
  '/etc/kubernetes/manifests/kube-apiserver.yaml: it has no spec.containers[name=kube-apiserver].startupProbe';
const router = { routerId: { by: K, routerId: 51 } } as const;

const rows: readonly Row[] = [
  [
    'the virtual IP that somebody else has is not taken',
    stranger.judge({ others: ['52:54:00:12:34:56'], ...OURS }, at({ takesVip: K })),
    refuses(
      K,
      '52:54:00:12:34:56 answers for 10.1.233.1 on eth0, and is none of the cluster\'s nodes: two hosts would have the address. Choose a free one as vip, or take it away from the other ("arping -I eth0 10.1.233.1" shows who has it).',
      'vip',
    ),
  ],
  [
    'the virtual IP that another node holds is taken over',
    stranger.judge({ others: ['02:00:00:00:00:02'], ...OURS }, at({ takesVip: K })),
    [],
  ],
  [
    'so is one that a node holds at the link address of VRRP',
    stranger.judge({ others: ['00:00:5e:00:01:33'], ...OURS }, at({ takesVip: K })),
    [],
  ],
  ['so is one that nobody has', stranger.judge({ others: [], ...OURS }, at({ takesVip: K })), []],
  [
    'that nobody could be asked stops nothing',
    stranger.judge(
      { unknown: 'arping is not installed (Debian: iputils-arping)', ours: [] },
      at({ takesVip: K }),
    ),
    notice(
      'Whether somebody else has 10.1.233.1 could not be asked: arping is not installed (Debian: iputils-arping).',
    ),
  ],
  [
    'a VRID that a stranger uses is not taken up',
    routerIdHeard.judge(advert('10.1.0.9', 51), at(router)),
    refuses(
      K,
      "10.1.0.9 speaks VRRP with the VRID 51, for 192.168.1.1, and is none of the cluster's nodes: each would take the other for its own. Choose another vrrp.routerId, or list the host under nodes if it is one.",
      'routerId',
    ),
  ],
  ['a VRID that our own nodes use is', routerIdHeard.judge(advert('10.1.1.2', 51), at(router)), []],
  ['so is one beside other VRRP groups', routerIdHeard.judge(advert('10.1.0.9', 52), at(router)), []],
  [
    'that nothing could be heard stops nothing',
    routerIdHeard.judge({ unknown: 'perl is not installed (Debian: perl-base)' }, at(router)),
    notice(
      'Whether somebody else uses the VRID could not be heard: perl is not installed (Debian: perl-base).',
    ),
  ],
  [
    'a host that the holder of the virtual IP does not speak to yet does not take part by unicast',
    unheardHolder.judge(
      { holder: NODE_2, adverts: { heard: [] } },
      at({ takesVip: K }, { cluster: unicast }),
    ),
    refuses(K, UNHEARD),
  ],
  [
    'nor where all it hears is another group, a stranger, itself or another node',
    unheardHolder.judge(
      {
        holder: NODE_2,
        adverts: {
          heard: [
            ...advert('10.1.1.2', 52).heard,
            ...['10.1.0.9', '10.1.1.1', '10.1.1.3'].flatMap((source) => advert(source, 51).heard),
          ],
        },
      },
      at({ takesVip: K }, { cluster: unicast }),
    ),
    refuses(K, UNHEARD),
  ],
  [
    'it does where it is spoken to',
    unheardHolder.judge(
      { holder: NODE_2, adverts: advert('10.1.1.2', 51) },
      at({ takesVip: K }, { cluster: unicast }),
    ),
    [],
  ],
  [
    'and where no node holds the virtual IP, for then somebody must begin',
    unheardHolder.judge({ holder: null, adverts: { heard: [] } }, at({ takesVip: K }, { cluster: unicast })),
    [],
  ],
  [
    'an API server on every address keeps HAProxy from the virtual IP',
    apiServerEverywhere.judge(
      { listeners: [{ address: null, program: 'kube-apiserver' }] },
      at({ bindsVip: BINDS }),
    ),
    refuses(H, EVERYWHERE),
  ],
  [
    'and nginx from it',
    apiServerEverywhere.judge(
      { listeners: [{ address: null, program: 'kube-apiserver' }] },
      at({ bindsVip: { by: N, balancer: 'nginx' } }),
    ),
    refuses(N, EVERYWHERE.replace('HAProxy', 'nginx')),
  ],
  [
    'where an entry would give it its own address and waits, that is what is said',
    apiServerEverywhere.judge(
      { listeners: [{ address: null, program: 'kube-apiserver' }] },
      at({ bindsVip: BINDS, manifestWaits: `waits for ${PROBE}` }),
    ),
    refuses(
      H,
      `kube-apiserver listens on *:6443, so HAProxy cannot have 10.1.233.1:6443. What would give the API server this node's address, the entry of /etc/kubernetes/manifests/kube-apiserver.yaml under "yaml:", waits for ${PROBE}. Put that into the manifest, or take it out of the entry.`,
    ),
  ],
  [
    'one on its own address does not, nor does a load balancer itself',
    apiServerEverywhere.judge(
      {
        listeners: [
          { address: '10.1.1.1', program: 'kube-apiserver' },
          { address: null, program: 'haproxy' },
          { address: null, program: 'nginx' },
        ],
      },
      at({ bindsVip: BINDS }),
    ),
    [],
  ],
  [
    'a backup of the manifest that is to change may win over it',
    strayManifest.judge(pods(['kube-apiserver.yaml.bak', 'kube-apiserver']), at({ editsManifest: M })),
    refuses(M, TWIN),
  ],
  [
    'it is said where nothing changes',
    strayManifest.judge(pods(['kube-apiserver.yaml.bak', 'kube-apiserver']), at(null)),
    notice(TWIN),
  ],
  [
    'so is a leftover that says nothing',
    strayManifest.judge(pods(['notes~', null]), at(null)),
    notice(
      '/etc/kubernetes/manifests/notes~ is read by kubelet, too: it takes every file there whose name does not begin with a dot. Move it away: mv /etc/kubernetes/manifests/notes~ /root/.',
    ),
  ],
  [
    "a pod of the user's own is nobody's business",
    strayManifest.judge(pods(['kube-vip.yaml', 'kube-vip']), at(null)),
    [],
  ],
  [
    "another component's backup does not stop the API server's manifest",
    strayManifest.judge(pods(['etcd.yaml', 'etcd'], ['etcd.yaml.old', 'etcd']), at({ editsManifest: M })),
    [],
  ],
  [
    'a virtual IP at which the Git remote is is not taken',
    gitRemote.judge({ addresses: ['10.1.233.1'] }, at({ takesVip: K })),
    refuses(K, REMOTE, 'vip'),
  ],
  [
    'it is said where it is so already',
    gitRemote.judge({ addresses: ['10.1.233.1'] }, at(null)),
    notice(REMOTE),
  ],
  [
    'also of the literal address',
    gitRemote.judge({ addresses: ['10.1.233.1'] }, at(null, { remoteHost: '10.1.233.1' })),
    notice(REMOTE.replace("The Git remote's name git.home is", 'The Git remote is')),
  ],
  ['a Git remote of its own is no news', gitRemote.judge({ addresses: ['10.1.0.254'] }, at(null)), []],
  ['nor is a name that nobody knows now', gitRemote.judge({ addresses: [] }, at({ takesVip: K })), []],
  [
    'a clock that is not synchronised is said',
    clock.judge({ isSynchronised: false }, at(null)),
    notice(
      'The clock of this host is not synchronised: certificates and a commit with rollout.at need the right time. Run "timedatectl set-ntp true", and look at "timedatectl timesync-status".',
    ),
  ],
  ['one that is, is no news', clock.judge({ isSynchronised: true }, at(null)), []],
  ['nor is one of which nobody can tell', clock.judge({ isSynchronised: null }, at(null)), []],
];

type CertificateRow = readonly [
  what: string,
  names: string,
  days: number,
  situation: At,
  expected: readonly Verdict[],
];
const PATH = '/etc/kubernetes/pki/apiserver.crt';
const certificates: readonly CertificateRow[] = [
  [
    'does not name it: nothing is pointed at it',
    'IP:10.1.1.1',
    90,
    at({ pointsAtVip: C }),
    refuses(C, UNNAMED, 'vip'),
  ],
  ['does not name it: it is not taken', 'IP:10.1.1.1', 90, at({ takesVip: K }), refuses(K, UNNAMED, 'vip')],
  ['does not name it: said where it is in use', 'IP:10.1.1.1', 90, at(null), notice(`T${UNNAMED.slice(1)}`)],
  [
    'does not name it, where the cluster does not verify: no matter',
    'IP:10.1.1.1',
    90,
    at({ takesVip: K }, { cluster: insecure }),
    [],
  ],
  [
    'has expired: it is not taken',
    NAMED,
    -1,
    at({ takesVip: K }),
    refuses(K, `the API server's certificate (${PATH}) expired on ${inDays(-1)}. ${RENEW}`),
  ],
  [
    'expires within two weeks: said',
    NAMED,
    9,
    at(null),
    notice(`The API server's certificate (${PATH}) expires on ${inDays(9)}. ${RENEW}`),
  ],
  ['expires within two weeks: stops nothing', NAMED, 9, at({ takesVip: K }), []],
  ['is in order: no news', NAMED, 90, at(null), []],
  ['is in order: it is taken', NAMED, 90, at({ takesVip: K, pointsAtVip: C }), []],
];

describe('before the virtual IP is used, a certificate that', () => {
  it.each(certificates)('%s', (_what, names, days, situation, expected) => {
    const { cert } = certificateAuthority().issue(names, days);
    expect(certificate.judge({ pem: cert }, situation)).toEqual(expected);
  });
  it('kubeadm has yet to make: kubeadm says itself what it needs', () =>
    expect(certificate.judge({ pem: null }, at({ takesVip: K }))).toEqual([]));
});

describe('on a host', () => {
  it.each(rows)('%s', (_what, says, expected) => expect(says).toEqual(expected));
});

describe('a lint is not even asked', () => {
  it.each([
    ['whether a stranger has the virtual IP, where it is not newly taken', stranger, at({ bindsVip: BINDS })],
    ['who else uses the VRID, where it is the old one', routerIdHeard, at({ takesVip: K })],
    ['who speaks to it, where adverts reach everybody', unheardHolder, at({ takesVip: K })],
    [
      'who speaks to it, where it took part before',
      unheardHolder,
      at({ bindsVip: BINDS }, { cluster: unicast }),
    ],
    [
      'who speaks to it, where that is too seldom to be heard',
      unheardHolder,
      at({ takesVip: K }, { cluster: { ...unicast, vrrp: { ...unicast.vrrp, advertIntervalMs: 20_000 } } }),
    ],
    [
      'of the certificate, on a worker',
      certificate,
      at(null, { role: { ...at(null).role, role: 'worker' } }),
    ],
    ['of the certificate, where nothing is pointed at the virtual IP', certificate, at({ bindsVip: BINDS })],
    [
      'about *:6443, by a plan that gives the API server its address',
      apiServerEverywhere,
      at({ bindsVip: BINDS, editsManifest: M }),
    ],
    ['about *:6443, while nothing changes', apiServerEverywhere, at(null)],
    ['about manifests, by a plan that leaves them alone', strayManifest, at({ takesVip: K })],
    ['about the Git remote, where there is none', gitRemote, at(null, { remoteHost: null })],
    ['about the clock, by a plan', clock, at({ takesVip: K })],
  ])('%s', (_what, lint, situation) => expect(lint.concerns(situation)).toBe(false));
});

it.each([
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    name: wrong\n  name: etcd\nspec: {}\n', 'etcd'],
  ['metadata:\n    # a comment\n    creationTimestamp: null\n    name: "etcd"\n', 'etcd'],
  ['kind: Pod\nspec:\n  name: no\n', null],
  ['', null],
])('the pod of a manifest is found: %j', (text, name) => expect(podName(text)).toBe(name));
