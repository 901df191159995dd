import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt, messages, nextCycle, picture, untilReported, type HostStatus } from '../support/cluster.ts';
import { HOSTS, lab, waitFor, type JournalEntry } from '../support/lab.ts';
import { listening } from '../support/lesson-checks.ts';
import { LAYER, MANIFEST } from '../support/slow.ts';
import { vrrpStranger } from '../support/vrrp-stranger.ts';

/** What only a host can tell: it is asked before a change, and what is only suspicious is said once. */

const SERVER = '10.1.0.254';
const PKI = '/etc/kubernetes/pki';

const reasonsOf = ({ refused }: HostStatus): string => refused?.reasons.join('\n') ?? '';
const noticesOf = (status: HostStatus): readonly string[] =>
  (status as unknown as { readonly notices: readonly string[] }).notices;
const notices = (entries: readonly JournalEntry[]): readonly string[] =>
  messages(entries.filter((entry) => entry['HOLDFAST_EVENT'] === 'notice'));

async function backToBefore(): Promise<void> {
  lab.git('revert', '--no-edit', 'HEAD');
  await allAt(lab.commit({}, 'revert'));
}

describe('a commit that would break the cluster is refused by every host, and changes nothing', () => {
  it('a virtual IP that a stranger has, that no certificate names, at which the Git remote is, and a VRID in use', async () => {
    const before = HOSTS.map((n) => picture(lab.host(n)));
    const router = await vrrpStranger(52, SERVER, '192.168.1.1');
    try {
      const sha = lab.commit(
        {
          'cluster.yaml': (old) =>
            old.replace(/^vip: .*$/m, `vip: ${SERVER}`).replace(/routerId: 51/, 'routerId: 52'),
        },
        'An address that looked free',
      );
      for (const n of HOSTS) {
        const status = await untilReported(
          lab.host(n),
          'to refuse the address',
          ({ refused }) => refused?.commit?.sha === sha,
        );
        const reasons = reasonsOf(status);
        expect(reasons).toMatch(
          /([0-9a-f]{2}:){5}[0-9a-f]{2} answers for 10\.1\.0\.254 on eth0, and is none of/,
        );
        expect(reasons).toContain(`${SERVER} speaks VRRP with the VRID 52, for 192.168.1.1, and is none of`);
        expect(reasons).toContain(`(${PKI}/apiserver.crt) does not name ${SERVER}`);
        expect(reasons).toContain(`The Git remote is ${SERVER}, the virtual IP`);
        // The line of cluster.yaml that it is about.
        expect(reasons).toMatch(
          /^cluster\.yaml:\d+:6: file\[\/etc\/keepalived\/keepalived\.conf\]: ([0-9a-f]{2}:){5}/m,
        );
        expect(reasons).toMatch(/^cluster\.yaml:\d+:13: file\[.*speaks VRRP with the VRID 52/m);
      }
      expect(HOSTS.map((n) => picture(lab.host(n)))).toEqual(before);
    } finally {
      router.stop();
      await backToBefore();
    }
  });

  it('an interface that is not there', async () => {
    lab.commit({ 'cluster.yaml': (old) => old.replace(/^interface: .*$/m, 'interface: eth9') }, 'eth9');
    try {
      for (const n of HOSTS) {
        const { why } = await untilReported(
          lab.host(n),
          'to miss eth9',
          ({ outcome }) => outcome === 'no desired state',
        );
        expect(why).toMatch(
          /on eth9, and this host has no interface of that name, only eth0\. Nothing is changed here/,
        );
      }
    } finally {
      await backToBefore();
    }
  });
});

describe('a host as kubeadm leaves it', () => {
  const host = lab.host(3);
  let base: string;
  beforeAll(() => {
    base = lab.head();
  });
  afterAll(async () => {
    lab.git('read-tree', '-u', '--reset', base);
    host.fresh();
    await allAt(lab.commit({}, 'As it was'));
  });

  it('is told what is in the way, and takes part as soon as that is mended: that another node holds the VIP is not', async () => {
    host.fresh({ bare: true });
    lab.commit({ [LAYER]: `yaml:\n  ${MANIFEST}: null\n` }, 'The API server stays as it is');
    host.kubeadm();
    host.shell(`cp -a ${PKI} /root/
      cd ${PKI} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \\
        -subj /CN=kube-apiserver -addext subjectAltName=IP:10.1.1.3 -keyout apiserver.key -out apiserver.crt`);
    await waitFor(
      'its API server to listen on all addresses',
      () => listening(host).join(),
      30_000,
      (at) => at === '*:6443',
    );
    host.start();
    const before = await untilReported(host, 'to say what is in the way', ({ refused }) => refused !== null);
    expect(before.generation).toBe(0);
    const reasons = reasonsOf(before);
    expect(reasons).toContain('does not name 10.1.233.1, so whoever verifies it refuses the virtual IP');
    expect(reasons).toMatch(
      /listens on \*:6443, so HAProxy cannot have 10\.1\.233\.1:6443\. .*--bind-address=10\.1\.1\.3/,
    );
    expect(reasons).not.toContain('answers for');

    // The certificate by hand, and the API server by the commit, in which HAProxy waits for it.
    host.shell(`cp -a /root/pki/apiserver.* ${PKI}/`);
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(lab.commit({}, 'revert'), [3]);
    expect(listening(host)).toEqual(['10.1.1.3:6443', '10.1.233.1:6443']);
    expect(lab.owners()).toEqual([1]);
  });

  it('says once what is only suspicious, and forgets it when it is gone', async () => {
    await nextCycle(host);
    const cursor = host.cursor();
    host.write('/etc/sysctl.d/99-zz.conf', 'net.ipv4.ip_forward = 0\n');
    // A pod that does not run: the name is what counts.
    host.write(`${MANIFEST}.bak`, 'metadata:\n  name: kube-apiserver\n');
    const SHADOW = /^\/etc\/sysctl\.d\/99-zz\.conf sets net\.ipv4\.ip_forward to 0 and is read after ours/;
    const TWIN =
      /^\/etc\/kubernetes\/manifests\/kube-apiserver\.yaml\.bak describes the pod kube-apiserver as/;
    await nextCycle(host);
    await nextCycle(host);
    const said = notices(host.journal(cursor));
    expect(said).toHaveLength(2);
    expect(said).toEqual(
      expect.arrayContaining([expect.stringMatching(SHADOW), expect.stringMatching(TWIN)]),
    );

    host.shell(`rm /etc/sysctl.d/99-zz.conf ${MANIFEST}.bak`);
    const after = noticesOf(await nextCycle(host));
    expect(after.filter((notice) => SHADOW.test(notice) || TWIN.test(notice))).toEqual([]);
    expect(notices(host.journal(cursor))).toHaveLength(2);
  });
});

describe('keepalived, asked with -t about what the lints refuse', () => {
  const host = lab.host(2);
  const exitOf = (global: string, instance: string): number => {
    host.write(
      '/run/lint.conf',
      `${global}\nvrrp_instance VI_1 {\n  state BACKUP\n  interface eth0\n  virtual_router_id 77\n  priority 100\n  ${instance}\n  virtual_ipaddress {\n    10.1.233.7\n  }\n}\n`,
    );
    return host.run(['keepalived', '-t', '-f', '/run/lint.conf'], { allowFail: true }).exitCode;
  };
  const SECURE = 'global_defs {\n  enable_script_security\n  script_user nobody\n}';
  const states = ['', '_master', '_backup', '_fault', '_stop', '_deleted', '_master_rx_lower_pri'];

  it('exits with 6 over all that runs without script security, and over nothing else', () => {
    const runs = states.map((state) => exitOf('', `notify${state} "/usr/bin/true"`));
    const globals = ['vrrp_notify_fifo_script', 'notify_fifo_script', 'startup_script', 'shutdown_script'];
    const all = globals.map((name) => exitOf(`global_defs {\n  ${name} /usr/bin/true\n}`, ''));
    expect([...runs, ...all]).toEqual([...runs, ...all].map(() => 6));
    expect(exitOf('', 'notify_priority_changes on')).toBe(0);
    expect(exitOf(SECURE, 'notify_master "/usr/bin/true"')).toBe(0);
  });

  it('has nothing against weights beside nopreempt, nor against a peer that is left out', () => {
    const file = 'track_file up {\n  file /run/holdfast/balancer\n}';
    expect(exitOf(file, 'nopreempt\n  track_file {\n    up\n  }')).toBe(0);
    expect(exitOf('', 'unicast_peer {\n    10.1.1.1\n  }')).toBe(0);
  });
});
