import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab, waitFor, type Host, type Result } from './lab.ts';

/** bootstrap.sh and the package as a release carries them, on hosts from fresh cards. */

const TOP = new URL('../..', import.meta.url).pathname;
export const REPOSITORY = 'git@10.1.0.254:/srv/state.git';

export type Release = { readonly folder: string; readonly script: string; readonly deb: string };

export function release(): Release {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bootstrap-'));
  execFileSync('node', ['scripts/deb.mjs', folder], { cwd: TOP });
  const deb = readdirSync(folder).find((name) => name.endsWith('.deb'))!;
  return { folder, script: join(folder, 'bootstrap.sh'), deb: join(folder, deb) };
}

/** The same package, as if it had been made on that day. */
export function madeOn(day: string, { folder, deb }: Release): string {
  const [tree, later] = [join(folder, 'later'), join(folder, 'later.deb')];
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
  execFileSync('touch', ['--date', day, join(tree, 'usr/bin/holdfast')]);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Date.parse(day) / 1000) };
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, later], { stdio: 'ignore', env });
  return later;
}

/** As with scp: both files, the keys of the lab, and the Git server's. */
export function copyTo(host: Host, { script, deb }: Release): void {
  copy(host, script, '/root/bootstrap.sh');
  copy(host, deb, '/root/holdfast.deb');
  host.write('/root/known_hosts', knownHosts());
  copy(host, `${lab.folder}/pki/deploy_key`, '/root/deploy_key');
  copy(host, `${lab.folder}/pki/age-${host.n}.key`, '/root/age.key');
  host.sync();
}

export function copy(host: Host, from: string, to: string): void {
  const line = 'umask 077 && base64 -d >"$1"';
  host.run(['sh', '-c', line, 'sh', to], { input: readFileSync(from).toString('base64') });
}

export function knownHosts(): string {
  const [kind, key] = readFileSync(`${lab.folder}/git/host_key.pub`, 'utf8').split(' ');
  return `10.1.0.254 ${kind} ${key}\n`;
}

/** What is given to a host whose keys somebody has made before. */
export const GIVEN = [
  '--known-hosts',
  '/root/known_hosts',
  '--deploy-key',
  '/root/deploy_key',
  '--identity',
  '/root/age.key',
] as const;

export const command = (host: Host, ...more: readonly string[]): readonly string[] => [
  'bash',
  '/root/bootstrap.sh',
  '--repo',
  REPOSITORY,
  '--hostname',
  host.name,
  ...more,
];

/** Without a terminal, and to its end. */
export const bootstrap = (host: Host, ...more: readonly string[]): Result =>
  host.run(command(host, ...more), { allowFail: true, timeoutMs: 600_000 });

/** The same, while others do theirs: gives back what waits for its end. */
export function bootstrapping(host: Host, ...more: readonly string[]): () => Promise<Result> {
  const line = '"$@" >/root/said 2>&1; echo $? >/root/ended.new; mv /root/ended.new /root/ended';
  host.run(['rm', '-f', '/root/ended']);
  host.run(['systemd-run', '--quiet', '--collect', 'sh', '-c', line, 'sh', ...command(host, ...more)]);
  return async () => {
    await waitFor(
      `the bootstrap of ${host.name} to end`,
      () => host.exists('/root/ended'),
      300_000,
      Boolean,
      500,
    );
    return { stdout: host.read('/root/said'), stderr: '', exitCode: Number(host.read('/root/ended')) };
  };
}

/** The same, in the background; `moment` is a line for the host's shell that comes true when the power is to go. */
export function cutDuring(
  host: Host,
  moment: string,
  more: readonly string[],
  how: 'cut' | 'cutPower',
): void {
  host.run(['systemd-run', '--quiet', '--collect', '--unit=try', ...command(host, ...more)]);
  const goesOn = 'test -d /sys/fs/cgroup/system.slice/try.service';
  host.shell(`until { ${moment}; } 2>/dev/null; do ${goesOn} || exit 1; done`, { timeoutMs: 300_000 });
  host[how]();
  host.boot();
}

/** The Git server lets this key in; gives back how to shut it out again. */
export function letIn(publicKey: string): () => void {
  const file = `${lab.folder}/git/root/home/git/.ssh/authorized_keys`;
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, `${before}restrict ${publicKey}\n`);
  return () => writeFileSync(file, before);
}

export const forget = ({ folder }: Release): void => rmSync(folder, { recursive: true });
