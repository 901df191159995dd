import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './git-fixture.ts';

const SSHD = '/usr/sbin/sshd';

export type GitServer = {
  readonly port: number;
  /** The key that the server lets in. */
  readonly sshKey: string;
  /** The file that names the server's own key. */
  readonly knownHosts: string;
  readonly folder: string;
  url(path: string): string;
  stop(): Promise<void>;
};

/**
 * A real sshd on a loopback port, with a host key, a configuration and an authorised key of its own. `command` is
 * run in place of what the client asks for, which it finds in SSH_ORIGINAL_COMMAND.
 */
export async function gitServer(command: string | null = null): Promise<GitServer> {
  if (!existsSync(SSHD))
    throw new Error('These tests need a real sshd. Run "apt-get install openssh-server".');
  const folder = temporaryFolder();
  const hostKey = newKey(join(folder, 'host_key'));
  const sshKey = newKey(join(folder, 'deploy_key'));
  const port = await freePort();
  const options = command === null ? '' : `command="${command}" `;
  writeFileSync(join(folder, 'authorized_keys'), options + readFileSync(`${sshKey}.pub`, 'utf8'));
  const [type, key] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${type} ${key}\n`);
  writeFileSync(join(folder, 'sshd_config'), configuration(folder, port));
  const stop = await started(join(folder, 'sshd_config'));
  const url = (path: string) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`;
  return { port, sshKey, knownHosts, folder, url, stop };
}

const configuration = (folder: string, port: number): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    '',
  ].join('\n');

async function started(configurationFile: string): Promise<() => Promise<void>> {
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }); // sshd(8) insists on it
  const sshd = spawn(SSHD, ['-D', '-e', '-f', configurationFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(sshd, 'exit');
  const stop = async () => {
    sshd.kill();
    await ended;
  };
  onTestFinished(stop);
  const said: string[] = [];
  for await (const line of createInterface(sshd.stderr)) {
    said.push(line);
    if (line.startsWith('Server listening')) {
      sshd.stderr.resume();
      return stop;
    }
  }
  throw new Error(`sshd did not start: ${said.join('\n')}`);
}

export function newKey(path: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  chmodSync(path, 0o600);
  return path;
}

/** Accepts connections and never says a word. */
export async function silentServer(): Promise<number> {
  const server = createServer(() => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
