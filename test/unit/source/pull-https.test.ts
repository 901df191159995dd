import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agent, Origin } from '../../support/git-fixture.ts';
import { freePort } from '../../support/git-server.ts';
import { httpsServer } from '../../support/git-https.ts';

const TOKEN = 'glpat-s3cr3t/&"x';

async function overHttps() {
  const origin = new Origin();
  origin.commit('A', { 'cluster.yaml': 'name: home\n' });
  const { host, caFile, path } = await httpsServer(origin.path, 'pi', TOKEN);
  const url = (credentials: string) => `https://${credentials}${host}${path}/.git`;
  const remote = { url: url(`pi:${encodeURIComponent(TOKEN)}@`), branch: 'main', caFile };
  return { origin, agent: new Agent(), remote, url, host };
}

const why = async (agent: Agent, remote: Parameters<Agent['pull']>[0]) => {
  const pulled = await agent.pull(remote);
  if (pulled.outcome !== 'offline') throw new Error(`expected to be offline: ${pulled.outcome}`);
  return pulled.why;
};

describe('pulling over HTTPS', () => {
  it('fetches with a token', async () => {
    const { origin, agent, remote } = await overHttps();
    expect(await agent.pull(remote)).toMatchObject({ outcome: 'current', head: { subject: 'A' } });
    origin.commit('B');
    expect(await agent.pull(remote)).toMatchObject({ outcome: 'current', head: { subject: 'B' } });
  });

  it('keeps the token where only root reads it: on no command line, in no environment', async () => {
    const { agent, remote } = await overHttps();
    const seen = new Set<string>();
    const pulling = agent.pull(remote);
    let done = false;
    void pulling.finally(() => (done = true));
    while (!done) {
      for (const line of commandLines()) seen.add(line);
      await new Promise(setImmediate);
    }
    expect(await pulling).toHaveProperty('outcome', 'current');
    expect([...seen].filter((line) => line.includes('remote-https'))).not.toEqual([]);
    const secret = [TOKEN, encodeURIComponent(TOKEN), Buffer.from(`pi:${TOKEN}`).toString('base64')];
    expect([...seen].filter((line) => secret.some((part) => line.includes(part)))).toEqual([]);
  });

  it('never shows a wrong token, and says what is wrong', async () => {
    const { agent, remote, url } = await overHttps();
    const said = await why(agent, { ...remote, url: url('pi:wrong-s3cr3t@') });
    expect(said).toContain('wants another user name and password or token than those in repository.url');
    expect(said).toContain('https://***@localhost:');
    expect(said).not.toContain('wrong-s3cr3t');
  });

  it('says that the server wants a token', async () => {
    const { agent, remote, url } = await overHttps();
    const said = await why(agent, { ...remote, url: url('') });
    expect(said).toContain('wants a user name and a password or token. Write them in repository.url');
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const { agent, remote } = await overHttps();
    const said = await why(agent, { url: remote.url, branch: 'main' });
    expect(said).toContain('The certificate of the Git server localhost:');
    expect(said).not.toContain('s3cr3t');
  });

  it('says that nobody listens there', async () => {
    const port = await freePort();
    const url = `https://pi:s3cr3t@localhost:${port}/state.git`;
    const said = await why(new Agent(), { url, branch: 'main' });
    expect(said).toContain(`The Git server localhost:${port} cannot be reached`);
    expect(said).not.toContain('s3cr3t');
  });

  it('says that there is no such repository', async () => {
    const { agent, remote, host } = await overHttps();
    const url = `https://pi:${encodeURIComponent(TOKEN)}@${host}/nothing.git`;
    expect(await why(agent, { ...remote, url })).toContain(
      `There is no Git repository at https://***@${host}/nothing.git`,
    );
  });
});

/** Command line and environment of every process but this one. */
function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .flatMap((pid) => {
      try {
        return [
          readFileSync(join('/proc', pid, 'cmdline'), 'utf8') +
            readFileSync(join('/proc', pid, 'environ'), 'utf8'),
        ];
      } catch {
        return []; // gone in the meantime
      }
    });
}
