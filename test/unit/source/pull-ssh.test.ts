import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agent, marksOf, Origin } from '../../support/git-fixture.ts';
import { freePort, gitServer, newKey, silentServer } from '../../support/git-server.ts';

async function overSsh() {
  const origin = new Origin();
  const sha = origin.commit('A', { 'cluster.yaml': 'name: home\n' });
  const server = await gitServer();
  const { sshKey, knownHosts } = server;
  const remote = { url: server.url(origin.path), branch: 'main', sshKey, knownHosts };
  return { origin, server, remote, sha, agent: new Agent() };
}

describe('pulling over SSH', () => {
  it('fetches with the deploy key from the server whose key is pinned', async () => {
    const { agent, remote, origin } = await overSsh();
    expect(await agent.pull(remote)).toMatchObject({ outcome: 'current', head: { subject: 'A' } });
    origin.commit('B');
    expect(await agent.pull(remote)).toMatchObject({ outcome: 'current', head: { subject: 'B' } });
  });

  it('reads key and known hosts from paths with spaces and quotes in them', async () => {
    const { agent, remote, server } = await overSsh();
    const sshKey = newKey(join(server.folder, "it's a key"));
    const knownHosts = join(server.folder, 'my "known" hosts'.replaceAll('"', ''));
    writeFileSync(join(server.folder, 'authorized_keys'), text(`${sshKey}.pub`));
    writeFileSync(knownHosts, text(remote.knownHosts));
    expect(await agent.pull({ ...remote, sshKey, knownHosts })).toHaveProperty('outcome', 'current');
  });

  it('refuses a server whose host key is another than the pinned one, and says how to mend that', async () => {
    const { agent, remote, server } = await overSsh();
    const other = newKey(join(server.folder, 'other'));
    const [type, key] = text(`${other}.pub`).split(' ');
    writeFileSync(remote.knownHosts, `[127.0.0.1]:${server.port} ${type} ${key}\n`);
    const { why } = await offline(agent, remote);
    expect(why).toContain(`is not the one in ${remote.knownHosts}:1`);
    expect(why).toContain(`ssh-keygen -R '[127.0.0.1]:${server.port}' -f ${remote.knownHosts}`);
  });

  it('refuses a server whose host key is not pinned, and does not pin it by itself', async () => {
    const { agent, remote, server } = await overSsh();
    writeFileSync(remote.knownHosts, '');
    const { why } = await offline(agent, remote);
    expect(why).toContain(`127.0.0.1:${server.port} is not in ${remote.knownHosts}`);
    expect(why).toContain(`"ssh-keyscan -p ${server.port} 127.0.0.1"`);
    expect(text(remote.knownHosts)).toBe('');
  });

  it('says that the server refused the key, and how to get it accepted', async () => {
    const { agent, remote, server } = await overSsh();
    const sshKey = newKey(join(server.folder, 'stranger'));
    const { why } = await offline(agent, { ...remote, sshKey });
    expect(why).toContain(`The Git server 127.0.0.1:${server.port} refused ${sshKey} for the user`);
    expect(why).toContain(`"ssh-keygen -y -f ${sshKey}"`);
    expect(why).toMatch(/Git's last word: ".*Permission denied \(publickey\)\."\.$/);
  });

  it('says that the key is missing', async () => {
    const { agent, remote } = await overSsh();
    const { why } = await offline(agent, { ...remote, sshKey: '/etc/holdfast/not-there' });
    expect(why).toContain('The key /etc/holdfast/not-there is not there.');
  });

  it('says that others can read the key', async () => {
    const { agent, remote } = await overSsh();
    chmodSync(remote.sshKey, 0o644);
    const { why } = await offline(agent, remote);
    expect(why).toContain(`Run "chmod 600 ${remote.sshKey}"`);
  });

  it('says that the file named as key is none', async () => {
    const { agent, remote } = await overSsh();
    writeFileSync(remote.sshKey, 'not a key\n');
    expect((await offline(agent, remote)).why).toContain(`The key ${remote.sshKey} cannot be used`);
  });

  it('says that there is no such repository on the server', async () => {
    const { agent, remote, server } = await overSsh();
    const url = server.url('/srv/nothing.git');
    expect((await offline(agent, { ...remote, url })).why).toContain(`There is no Git repository at ${url}`);
  });

  it('says that the name of the server cannot be resolved', async () => {
    const { agent, remote } = await overSsh();
    const { why } = await offline(agent, { ...remote, url: 'git@git.holdfast.invalid:state.git' });
    expect(why).toContain('The name git.holdfast.invalid of the Git server could not be resolved');
  });

  it('goes on with what it fetched when the server is down', async () => {
    const { agent, remote, server, sha } = await overSsh();
    await agent.pull(remote);
    await server.stop();
    const { why, head } = await offline(agent, remote);
    expect(why).toContain(`127.0.0.1:${server.port} cannot be reached (Connection refused)`);
    expect(head?.sha).toBe(sha);
  });

  it('gives up in time on a server that accepts and says nothing, and leaves no process behind', async () => {
    const agent = new Agent();
    const url = `ssh://git@127.0.0.1:${await silentServer()}/state.git`;
    const pulling = offline(agent, { url, branch: 'main' }, 700);
    await expect.poll(() => marksOf(agent.repository), { interval: 20 }).toContain('ssh');
    expect((await pulling).why).toContain(`${url} did not answer in full within 0.7 s`);
    expect(marksOf(agent.repository)).toEqual([]);
  });

  it('is not misled by SSH and Git settings of whoever starts it', async () => {
    const { agent, remote } = await overSsh();
    const ambient = {
      GIT_SSH_COMMAND: '/bin/false',
      GIT_DIR: '/nowhere',
      GIT_CONFIG_COUNT: 'x',
      EDITOR: 'x',
    };
    Object.assign(process.env, ambient);
    try {
      expect(await agent.pull(remote)).toHaveProperty('outcome', 'current');
    } finally {
      for (const name of Object.keys(ambient)) delete process.env[name];
    }
  });

  it('says that nobody listens there', async () => {
    const port = await freePort();
    const { why } = await offline(new Agent(), {
      url: `ssh://git@127.0.0.1:${port}/state.git`,
      branch: 'main',
    });
    expect(why).toContain(`The Git server 127.0.0.1:${port} cannot be reached (Connection refused)`);
  });
});

describe('a fetch that was killed in the middle', () => {
  /** Says as much as two thousand bytes of the pack, and then nothing, for as long as the file `stall` exists. */
  const STALLING = `if [ -e stall ]; then sh -c \\"$SSH_ORIGINAL_COMMAND\\" | { head -c 2000; exec sleep 20; }; else exec sh -c \\"$SSH_ORIGINAL_COMMAND\\"; fi`;

  it('is ended in time, and the next one is not in its way', async () => {
    const origin = new Origin();
    const server = await gitServer(`cd ${origin.path}; ${STALLING}`);
    const { sshKey, knownHosts } = server;
    const remote = { url: server.url(origin.path), branch: 'main', sshKey, knownHosts };
    const agent = new Agent();
    origin.commit('A', {
      noise: Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 7919) >> 7)),
    });
    writeFileSync(join(origin.path, 'stall'), '');
    expect((await offline(agent, remote, 1_000)).why).toContain('did not answer in full within 1 s');
    expect(marksOf(agent.repository)).toEqual([]);
    rmSync(join(origin.path, 'stall'));
    expect(await agent.pull(remote)).toMatchObject({ outcome: 'current', head: { subject: 'A' } });
  });
});

async function offline(agent: Agent, remote: Parameters<Agent['pull']>[0], timeoutMs?: number) {
  const pulled = await agent.pull(remote, timeoutMs);
  if (pulled.outcome !== 'offline') throw new Error(`expected to be offline: ${JSON.stringify(pulled)}`);
  return pulled;
}

const text = (path: string): string => readFileSync(path, 'utf8');
