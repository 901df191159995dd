// From a card with nothing on it to a host in desired state: bootstrap.sh, with what apt would download there already.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOST = '3';
const TIMES = 3;
const REPOSITORY = 'git@10.1.0.254:/srv/state.git';
const DOWNLOADS =
  'apt-get -qq update && apt-get -qq --yes --download-only --no-install-recommends install /root/holdfast.deb haproxy keepalived ufw';

export function bootstrapTime({ lab, row, top, folder }) {
  const release = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    execFileSync('node', [join(top, 'scripts/deb.mjs'), release], { stdio: 'ignore' });
    const seconds = Array.from({ length: TIMES }, () => once({ lab, release, folder }));
    const median = seconds.toSorted((a, b) => a - b)[Math.floor(TIMES / 2)];
    row(
      'bootstrap.sh on a bare host to its last line, without apt’s downloads',
      `${median.toFixed(0)} s`,
      '',
    );
  } finally {
    rmSync(release, { recursive: true });
  }
}

function once({ lab, release, folder }) {
  lab('fresh', HOST, '--card');
  lay({ release, folder });
  lab('exec', HOST, '--', 'sh', '-c', DOWNLOADS);
  const given = [
    '--known-hosts',
    '/root/known_hosts',
    '--deploy-key',
    '/root/deploy_key',
    '--identity',
    '/root/age.key',
  ];
  const words = ['--repo', REPOSITORY, '--hostname', `kubernetes-node-${HOST}`, ...given];
  const startMs = performance.now();
  lab('exec', HOST, '--', 'bash', '/root/bootstrap.sh', ...words);
  return (performance.now() - startMs) / 1000;
}

/** As with scp. */
function lay({ release, folder }) {
  const home = join(folder, 'hosts', HOST, 'root/root');
  const deb = readdirSync(release).find((name) => name.endsWith('.deb'));
  cpSync(join(release, 'bootstrap.sh'), join(home, 'bootstrap.sh'));
  cpSync(join(release, deb), join(home, 'holdfast.deb'));
  cpSync(join(folder, 'pki/deploy_key'), join(home, 'deploy_key'));
  cpSync(join(folder, `pki/age-${HOST}.key`), join(home, 'age.key'));
  const [kind, key] = readFileSync(join(folder, 'git/host_key.pub'), 'utf8').split(' ');
  writeFileSync(join(home, 'known_hosts'), `10.1.0.254 ${kind} ${key}\n`);
  for (const name of ['deploy_key', 'age.key']) chmodSync(join(home, name), 0o600);
}
