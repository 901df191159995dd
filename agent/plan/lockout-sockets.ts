import ipaddr from 'ipaddr.js';
import type { LiveReader, Reader } from '../host/host.ts';

/** An address of a socket; `null` stands for all of them. */
export type Socket = { readonly address: string | null; readonly port: number };
export type Listening = Socket & { readonly programs: readonly string[] };
export type Established = { readonly local: Socket; readonly peer: Socket };

export type Sockets = {
  readonly listening: readonly Listening[];
  readonly established: readonly Established[];
  /** Where people log in. */
  readonly sshPorts: ReadonlySet<number>;
  readonly keepalivedRuns: boolean;
};

const UNITS = ['ssh.socket', 'sshd.socket', 'keepalived.service'];

export async function readSockets(reader: Reader, live: LiveReader): Promise<Sockets> {
  const [ss, units, sshd] = await Promise.all([
    live.query(['ss', '-H', '-a', '-n', '-t', '-p']),
    live.query(['systemctl', 'show', '--property=Id,ActiveState,Listen', '--', ...UNITS]),
    configuredPorts(reader, live),
  ]);
  if (ss.exitCode !== 0)
    throw new Error(`Who is connected cannot be seen: "ss" exited with ${ss.exitCode}: ${ss.stderr.trim()}`);
  const { listening, established } = parseSockets(ss.stdout);
  const active = units.stdout.split('\n\n').filter((unit) => /^ActiveState=(active|reloading)$/m.test(unit));
  const sockets = active.filter((unit) => /^Id=sshd?\.socket$/m.test(unit));
  const activated = sockets.flatMap((unit) =>
    [...unit.matchAll(/^Listen=.*?(\d+) \(Stream\)$/gm)].map((m) => Number(m[1])),
  );
  const own = listening.filter(({ programs }) => programs.includes('sshd')).map(({ port }) => port);
  const sshPorts = new Set([...own, ...activated, ...sshd]);
  return {
    listening,
    established,
    sshPorts,
    keepalivedRuns: active.some((unit) => /^Id=keepalived\./m.test(unit)),
  };
}

/** What sshd is set to, for the moment in which it does not run. It may refuse to say (no /run/sshd yet): `ss` knows then. */
async function configuredPorts(reader: Reader, live: LiveReader): Promise<readonly number[]> {
  if ((await reader.files.stamp('/usr/sbin/sshd')) === null) return [];
  const said = await live.query(['sshd', '-T']);
  const found = said.stdout.matchAll(/^(?:port |listenaddress .*:)(\d+)$/gm);
  return said.exitCode === 0 ? [...found].map((match) => Number(match[1])) : [];
}

/** Lines of `ss -H -a -n -t -p`: state, two queues, local, peer, and who has it open. */
export function parseSockets(text: string): Pick<Sockets, 'listening' | 'established'> {
  const listening: Listening[] = [];
  const established: Established[] = [];
  for (const line of text.split('\n')) {
    const [state, , , local = '', peer = '', users = ''] = line.trim().split(/\s+/);
    const at = parseSocket(local);
    const to = parseSocket(peer);
    const programs = [...users.matchAll(/\("([^"]+)",/g)].map((match) => match[1]!);
    if (state === 'LISTEN' && at !== null) listening.push({ ...at, programs });
    if (state === 'ESTAB' && at !== null && to !== null) established.push({ local: at, peer: to });
  }
  return { listening, established };
}

/** `10.1.1.1%eth0:22`, `*:6443`, `[::ffff:10.1.0.254]:22`, `[fe80::1%eth0]:22`. */
function parseSocket(word: string): Socket | null {
  const match = /^\[?([^\]%]*)(?:%[^\]:]+)?\]?(?:%[^\]:]+)?:(\d+|\*)$/.exec(word);
  if (match === null) return null;
  const port = match[2] === '*' ? 0 : Number(match[2]);
  const host = match[1]!;
  if (!ipaddr.isValid(host)) return host === '*' ? { address: null, port } : null;
  const address = ipaddr.process(host);
  return { address: address.range() === 'unspecified' ? null : address.toString(), port };
}
