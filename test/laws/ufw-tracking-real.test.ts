import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../agent/host/host.ts';
import { ufw } from '../../agent/resources/ufw.ts';
import { FarNamespace, ready } from '../support/far-namespace.ts';
import { convergeRules, observeFirewall } from '../support/ufw-kinds.ts';
import { UfwNamespace } from '../support/ufw-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 *   far (10.1.1.2, fd00::2) ── eth0 ── ufw's namespace (10.1.1.1, fd00::1)
 *
 * An etcd that follows: this host opened the connection, and only the other end speaks, so rarely that nothing of it
 * falls into the moment in which ufw loads its rules.
 */
const LEADER = `
import socket, threading, time
def speak(c):
    try:
        while True:
            c.sendall(b'.')
            time.sleep(0.4)
    except OSError:
        pass
s = socket.create_server(('::', 2380), family=socket.AF_INET6, dualstack_ipv6=True)
print('ready', flush=True)
while True:
    threading.Thread(target=speak, args=(s.accept()[0],), daemon=True).start()
`;
const FOLLOWER = `
import socket, sys
c = socket.create_connection((sys.argv[1], 2380))
while True:
    sys.stdout.write(c.recv(65536).decode())
    sys.stdout.flush()
`;
const ON = { enabled: true, live: 'whole' } as const;
const OFF = { enabled: false, live: 'off' } as const;

let ns: UfwNamespace;
let far: FarNamespace;
let leader: ChildProcess;
beforeAll(async () => {
  ns = await UfwNamespace.open();
  far = await FarNamespace.open(ns, {
    here: ['10.1.1.1/8', 'fd00::1/64'],
    there: ['10.1.1.2/8', 'fd00::2/64'],
  });
  const [program, ...words] = far.inside(['python3', '-c', LEADER]);
  leader = spawn(program!, words);
  await ready(leader);
}, 60_000);
afterAll(() => {
  leader?.kill();
  far?.close();
  ns?.close();
});

let told: string[];
let host: Host;
let followers: ChildProcess[];
beforeEach(async () => {
  await ns.reset();
  told = [];
  host = ns.host(told);
  followers = [];
  await convergeRules({ rules: ['allow 22/tcp', 'allow 2380/tcp'] }, host);
});
afterEach(() => {
  for (const one of followers) one.kill();
});

/** Opens a connection to the leader; gives back how much of it was heard. */
async function follow(address: string): Promise<() => number> {
  const argv = ['--target', `${ns.pid}`, '--net', 'python3', '-c', FOLLOWER, address];
  const child = spawn('nsenter', argv);
  followers.push(child);
  let heard = 0;
  child.stdout.on('data', (chunk: Buffer) => (heard += chunk.length));
  await waitFor('the leader to be heard', () => heard > 0, 10_000);
  return () => heard;
}
const goesOn = async (heard: () => number): Promise<void> => {
  const before = heard();
  await waitFor('more of the open connection', () => heard() > before + 5, 10_000);
};
const enforce = (to: typeof ON | typeof OFF): Promise<void> => ufw.enforce('host', to, host);
const saved = async (): Promise<string> => (await ns.run('iptables-save')) + (await ns.run('ip6tables-save'));

describe('a connection that was open before ufw was enabled, on which only the other end speaks', () => {
  it.each(['10.1.1.2', 'fd00::2'])(
    'goes on, to %s',
    async (address) => {
      const heard = await follow(address);
      await enforce(ON);
      await goesOn(heard);
      expect(await observeFirewall(host)).toEqual(ON);
      expect(await saved()).not.toContain('holdfast');
    },
    40_000,
  );

  it('goes on also when a commit that disabled ufw is taken back', async () => {
    const early = await follow('10.1.1.2');
    await enforce(ON);
    await enforce(OFF);
    const late = await follow('10.1.1.2');
    await goesOn(early);
    await enforce(ON);
    await Promise.all([goesOn(early), goesOn(late)]);
    await enforce(OFF);
    expect(await observeFirewall(host)).toEqual(OFF);
    expect(await saved()).not.toContain('holdfast');
  }, 60_000);

  it('needs nothing where a rule of kube-proxy has the kernel track connections', async () => {
    await ns.run('iptables', '-N', 'KUBE-FORWARD');
    await ns.run('iptables', '-A', 'KUBE-FORWARD', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'DROP');
    const heard = await follow('10.1.1.2');
    await enforce(ON);
    await goesOn(heard);
    expect(told.filter((line) => line.startsWith('iptables '))).toEqual([]);
  }, 40_000);
});

describe('a chain that was left in the kernel when enabling was interrupted', () => {
  const leave = async (): Promise<void> => {
    for (const program of ['iptables', 'ip6tables']) {
      await ns.run(program, '-N', 'holdfast-track');
      await ns.run(
        program,
        '-A',
        'holdfast-track',
        '-m',
        'conntrack',
        '--ctstate',
        'INVALID',
        '-j',
        'RETURN',
      );
    }
  };

  it.each([ON, OFF])('is seen and taken out, with ufw %o', async (state) => {
    await enforce(state);
    await leave();
    const seen = await observeFirewall(host);
    expect(seen).toEqual({ ...state, tracking: true });
    expect(ufw.settled(state, seen)).toBe(false);
    expect(ufw.describe(seen, state, {} as never).summary).toEqual([
      'take out a chain that was left when enabling it was interrupted',
    ]);
    await enforce(state);
    expect(await observeFirewall(host)).toEqual(state);
    expect(await saved()).not.toContain('holdfast');
  });
});
