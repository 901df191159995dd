import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './git-fixture.ts';

export type HttpsServer = { readonly host: string; readonly caFile: string; readonly path: string };

/** Git's own `http-backend` behind TLS and one user name and password, on a loopback port. */
export async function httpsServer(repository: string, user: string, password: string): Promise<HttpsServer> {
  const folder = temporaryFolder();
  const [key, caFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', caFile];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files],
    {
      stdio: 'ignore',
    },
  );
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(caFile) }, (request, response) => {
    if (request.headers.authorization === expected) serve(dirname(repository), request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="state"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    caFile,
    path: repository.slice(dirname(repository).length),
  };
}

/** git-http-backend(1) is a CGI program. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_USER: 'holdfast',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.stdout.on('end', () => answer(Buffer.concat(chunks), response));
}

function answer(output: Buffer, response: ServerResponse): void {
  const split = output.indexOf('\r\n\r\n');
  const headers = output.toString('latin1', 0, split).split('\r\n');
  const pairs = headers.map((line) => line.split(/: (.*)/).slice(0, 2) as [name: string, value: string]);
  const status = Number(pairs.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
  response
    .writeHead(status, pairs.filter(([name]) => name !== 'Status').flat())
    .end(output.subarray(split + 4));
}
