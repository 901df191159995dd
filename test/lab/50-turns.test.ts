import { describe, expect, it } from 'vitest';
import { BAD } from '../support/bad-changes.ts';
import {
  allAt,
  differences,
  CYCLES_MS,
  picture,
  probed,
  reportOf,
  untilReported,
} from '../support/cluster.ts';
import { flooded, residentMiB, statusHeard } from '../support/flood.ts';
import { layerOf } from '../support/interrupted.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';
import { saidToBeTakenBack } from '../support/said.ts';
import { pushed, vipIsBack } from '../support/try-out.ts';
import { cursors, orderOf, stoppedBy, inTurns, triedByOne, TURNS_MS, withNote } from '../support/turns.ts';

inTurns();

/** Past ufw: what a rule of ufw would close to the peers is refused before it is tried. */
const REJECTS_ITS_CLIENTS = `files:
  /etc/systemd/system/rejects.service:
    content: |
      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=iptables -I INPUT -i eth0 -d 10.1.233.1 -p tcp --dport 6443 -j REJECT
      ExecStop=iptables -D INPUT -i eth0 -d 10.1.233.1 -p tcp --dport 6443 -j REJECT
      [Install]
      WantedBy=multi-user.target
units: { rejects.service: { enabled: true, running: true } }
`;

it('a good commit reaches one host after the other, the MASTER last, and no client notices', async () => {
  const { failures, reasons, result } = await probed(async () => {
    const sha = pushed(
      {
        'files/haproxy.cfg.eta': (old) => old.replace('  option tcpka\n', '  option tcpka\n  # In turns.\n'),
      },
      'HAProxy says it takes turns',
    );
    await allAt(sha, HOSTS, TURNS_MS);
    return sha;
  });
  expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
  expect(orderOf(result)).toEqual([3, 2, 1]);
});

it('"holdfast fleet" says who has what, and who waits for whom', async () => {
  const sha = pushed(withNote('for the table'), 'A note for the table');
  await untilReported(lab.host(1), 'to wait for its turn', ({ held }) => held?.commit?.sha === sha);
  const table = lab.host(2).run(['holdfast', 'fleet']).stdout;
  expect(table).toMatch(/kubernetes-node-1 +MASTER +held, answers/);
  expect(table).toMatch(/kubernetes-node-1 waits for kubernetes-node-[23], which/);
  await allAt(sha, HOSTS, TURNS_MS);
  const { hosts } = JSON.parse(lab.host(2).run(['holdfast', 'fleet', '--json']).stdout) as {
    hosts: { name: string; commit?: string }[];
  };
  expect(hosts.map(({ name }) => name)).toEqual(HOSTS.map((n) => `kubernetes-node-${n}`));
  expect(JSON.stringify(hosts)).toContain(sha);
});

it('the status endpoint answers the nodes of the cluster and nobody else, and node_exporter gets the same', async () => {
  const get = (path: string): string =>
    lab.host(2).run(['curl', '-sS', '-m', '3', `http://10.1.1.1:9463${path}`]).stdout;
  expect(JSON.parse(get('/status'))).toMatchObject({
    hostname: 'kubernetes-node-1',
    role: 'MASTER',
    phase: 'idle',
    vip: { held: true, answers: true },
    apiServer: { ready: true },
  });
  expect(get('/metrics')).toMatch(/^holdfast_vip_held 1$/m);
  expect(get('/metrics')).toMatch(/^holdfast_outcome\{outcome="in desired state"\} 1$/m);
  lab.host(1).run(['mkdir', '-p', '/var/lib/prometheus/node-exporter']);
  await waitFor(
    'the metrics for node_exporter',
    () =>
      lab.host(1).shell('cat /var/lib/prometheus/node-exporter/holdfast.prom', { allowFail: true }).stdout,
    CYCLES_MS,
    (text) => /^holdfast_vip_held 1$/m.test(text),
  );
  lab.host(1).run(['rm', '-r', '/var/lib/prometheus']);
  // The address of the Git server is none of the cluster's, and the firewall lets nobody else in.
  const stranger = lab
    .host(1)
    .run(['ufw', 'status'])
    .stdout.split('\n')
    .filter((line) => line.includes('9463'));
  expect(stranger).toHaveLength(2);
  for (const line of stranger) expect(line).toMatch(/^9463\/tcp +ALLOW +10\.1\.1\.[23]\b/);
});

it('a peer that floods the status endpoint with what is malformed, slow and too much costs the others nothing', async () => {
  const agent = lab.host(1);
  const pid = agent.run(['systemctl', 'show', '-P', 'MainPID', 'holdfast']).stdout;
  const beforeMiB = residentMiB(agent);
  let mostMiB = 0;
  const heard: string[] = [];
  const { sent, answered } = await flooded(lab.host(2), agent, 5, async () => {
    for (let n = 0; n < 10; n += 1) {
      heard.push(statusHeard(lab.host(3), agent));
      mostMiB = Math.max(mostMiB, residentMiB(agent));
    }
  });
  expect(heard).toEqual(Array(10).fill('200'));
  expect(sent).toBeGreaterThan(500);
  expect(answered).toBeGreaterThan(0);
  expect(mostMiB - beforeMiB).toBeLessThanOrEqual(20);
  expect(agent.run(['systemctl', 'show', '-P', 'MainPID', 'holdfast']).stdout).toBe(pid);
});

it('a commit that is bad everywhere is tried by one host, and the one that mends it goes through', async () => {
  await triedByOne(BAD.DEAD_PORT);
  lab.git('revert', '--no-edit', 'HEAD');
  const mended = pushed(withNote('mended'), 'Mended');
  await allAt(mended, HOSTS, TURNS_MS);
  expect(orderOf(mended)).toEqual([3, 2, 1]);
});

it('a MASTER that rejects the API port is told by the others, for it notices nothing itself, and goes back', async () => {
  const from = cursors();
  const before = picture(lab.host(1));
  const sha = pushed({ [layerOf(lab.host(1))]: REJECTS_ITS_CLIENTS }, 'The MASTER rejects its clients');
  try {
    await untilReported(
      lab.host(1),
      'to have taken it back',
      ({ outcome, lastChange }) => outcome === 'refused' && lastChange?.commit?.sha === sha,
      TURNS_MS,
    );
    saidToBeTakenBack(
      lab.host(1),
      sha,
      /witness\[10\.1\.233\.1:6443\].*does not reach it/,
      reportOf(lab.host(1)),
      from[0]!,
    );
    expect(differences(before, picture(lab.host(1)))).toEqual([]);
  } finally {
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(pushed({}, ''), HOSTS, TURNS_MS);
  }
  await vipIsBack();
});

describe('a host that does not take part', () => {
  it('loses power in its turn: nobody else begins, and all follow when it is back and has ended what it began', async () => {
    const from = cursors();
    const sha = pushed(withNote('cut in its turn'), 'Cut in its turn');
    await untilReported(lab.host(2), 'to see host 3 in its turn', ({ held }) =>
      /kubernetes-node-3, which is (about to apply|applying|verifying)/.test(held?.why ?? ''),
    );
    lab.host(3).cutPower();
    await stoppedBy(
      lab.host(2),
      sha,
      /kubernetes-node-3 was about to apply this commit, or applying it, when it went silent/,
      from[1]!,
    );
    expect(lab.owners()).toEqual([1]);
    lab.host(3).boot();
    await allAt(sha, HOSTS, TURNS_MS);
    expect(orderOf(sha).slice(-2)).toEqual([2, 1]);
  });
});
