import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askHttp } from '../../../agent/host/http-probe.ts';
import type { HttpAsked } from '../../../agent/host/probes.ts';
import { certificateAuthority } from './certificates.ts';
import { freshFolder } from './fresh-folder.ts';
import { closedPort, httpsServer, tcpServer } from './listening.ts';

const asking = (port: number, more: Partial<HttpAsked> = {}): HttpAsked => ({
  scheme: 'https',
  host: '127.0.0.1',
  port,
  path: '/healthz',
  name: '10.1.233.1',
  caFile: null,
  timeoutMs: 5_000,
  ...more,
});
const ok = (_: unknown, response: { end(text: string): void }): void => response.end('ok');
const NAMES = 'DNS:kubernetes,IP:10.1.1.1,IP:10.1.233.1';

describe('an API server is asked over TLS', () => {
  it('answers, and its certificate names the virtual IP', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue(NAMES), ok);
    expect(await askHttp(asking(port, { caFile }))).toEqual({
      reply: { status: 200, body: 'ok' },
      certificate: 'good',
    });
  });

  it('answers, and its certificate names others only', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue('DNS:kubernetes,IP:10.1.1.1'), ok);
    expect(await askHttp(asking(port, { caFile }))).toEqual({
      reply: { status: 200, body: 'ok' },
      certificate: { problem: 'the certificate is for kubernetes, 10.1.1.1 and not for 10.1.233.1' },
    });
  });

  it('is asked by name too, with SNI', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue('DNS:kubernetes'), ok);
    const named = await askHttp(asking(port, { caFile, name: 'kubernetes' }));
    const other = await askHttp(asking(port, { caFile, name: 'kube.home' }));
    expect([named.certificate, other.certificate]).toEqual([
      'good',
      { problem: 'the certificate is for kubernetes and not for kube.home' },
    ]);
  });

  it('has a certificate without any name', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue(''), ok);
    const { certificate } = await askHttp(asking(port, { caFile }));
    expect(certificate).toEqual({ problem: 'the certificate is for no name at all and not for 10.1.233.1' });
  });

  it('has an expired certificate, and says since when', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue(NAMES, -1), ok);
    const { reply, certificate } = await askHttp(asking(port, { caFile }));
    expect(reply).toEqual({ status: 200, body: 'ok' });
    expect(certificate).toEqual({
      problem: expect.stringMatching(/^the certificate expired on 20\d\d-\d\d-\d\dT[\d:]{8}Z$/),
    });
  });

  it('has a certificate of another CA', async () => {
    const { caFile } = certificateAuthority();
    const port = await httpsServer(certificateAuthority().issue(NAMES), ok);
    const { certificate } = await askHttp(asking(port, { caFile }));
    expect(certificate).toEqual({
      problem: `the certificate (from CN=kubernetes) was not issued by the CA in ${caFile}`,
    });
  });

  it('cannot be verified before there is a CA', async () => {
    const port = await httpsServer(certificateAuthority().issue(NAMES), ok);
    const { reply, certificate } = await askHttp(asking(port, { caFile: join(freshFolder(), 'ca.crt') }));
    expect([reply, certificate]).toEqual([{ status: 200, body: 'ok' }, 'noCa']);
  });

  it('does not take a file without certificates for a CA', async () => {
    const port = await httpsServer(certificateAuthority().issue(NAMES), ok);
    const caFile = join(freshFolder(), 'ca.crt');
    writeFileSync(caFile, 'not a certificate\n');
    const { certificate } = await askHttp(asking(port, { caFile }));
    expect(certificate).toEqual({
      problem: expect.stringContaining(`was not issued by the CA in ${caFile}`),
    });
  });

  it('says its status and its body when it is unwell', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue(NAMES), (_, response) => {
      response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\n');
    });
    const { reply } = await askHttp(asking(port, { caFile }));
    expect(reply).toEqual({ status: 500, body: '[+]ping ok\n[-]etcd failed: reason withheld\n' });
  });
});

describe('an address that does not answer', () => {
  it('refuses', async () => {
    expect(await askHttp(asking(await closedPort()))).toEqual({
      reply: { failed: 'connection refused' },
      certificate: 'unseen',
    });
  });

  it('takes the connection and is silent', async () => {
    const port = await tcpServer(() => {});
    expect(await askHttp(asking(port, { timeoutMs: 300 }))).toEqual({
      reply: { failed: 'no answer within 0.3 s' },
      certificate: 'unseen',
    });
  });

  it('greets over TLS and is silent then', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue(NAMES), () => {});
    expect(await askHttp(asking(port, { caFile, timeoutMs: 300 }))).toEqual({
      reply: { failed: 'no answer within 0.3 s' },
      certificate: 'good',
    });
  });

  it('begins an answer and never ends it', async () => {
    const { caFile, issue } = certificateAuthority();
    const port = await httpsServer(issue(NAMES), (_, response) => {
      response.writeHead(200).write('o');
    });
    const { reply } = await askHttp(asking(port, { caFile, timeoutMs: 300 }));
    expect(reply).toEqual({ failed: 'HTTP 200, and then no answer within 0.3 s' });
  });

  it('closes the connection at once, as a balancer without servers does', async () => {
    const port = await tcpServer((socket) => socket.destroy());
    const { reply } = await askHttp(asking(port));
    expect(reply).toEqual({ failed: 'the connection was closed without an answer' });
  });

  it('speaks something else than TLS', async () => {
    const port = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH_10.0\r\n'));
    const { reply } = await askHttp(asking(port));
    expect(reply).toEqual({ failed: 'what answers there does not speak TLS as asked' });
  });
});

it('reads no more of a long page than it needs', async () => {
  const { issue } = certificateAuthority();
  const port = await httpsServer(issue(NAMES), (_, response) => {
    const more = (): void => void response.write('x'.repeat(65_536), more);
    more();
  });
  const { reply } = await askHttp(asking(port));
  expect(reply).toEqual({ status: 200, body: 'x'.repeat(4096) });
});
