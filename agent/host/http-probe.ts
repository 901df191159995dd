import { readFileSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { certificateProblem } from './certificate-problem.ts';
import { connectionProblem } from './connection-problem.ts';
import { codeOf, fileProblem } from './file-problem.ts';
import type { Certificate, HttpAnswer, HttpAsked } from './probes.ts';

/** A health answer is short; an error page need not be read to its end. */
const MOST_BODY = 4096;

/**
 * One GET over a connection of its own, for a kept-alive one would say that all is well while new ones are refused.
 * The certificate is judged and does not end the connection: whether the address answers, and whether it answers as
 * the one it should be, are two facts.
 */
export async function askHttp(asked: HttpAsked): Promise<HttpAnswer> {
  const ca = asked.scheme === 'http' ? null : readCa(asked.caFile);
  return new Promise((resolve) => {
    let certificate: Certificate = 'unseen';
    const request = open(asked, ca);
    // Its own timer, cleared at the end: one of AbortSignal.timeout() would keep counting.
    const timer = setTimeout(() => request.destroy(new TimeoutError()), asked.timeoutMs);
    const end = (reply: HttpAnswer['reply']): void => {
      clearTimeout(timer);
      request.destroy();
      resolve({ reply, certificate });
    };
    request.once('socket', (socket) => {
      if (socket instanceof TLSSocket)
        socket.once('secureConnect', () => (certificate = judged(socket, asked, ca)));
    });
    let begun = '';
    const failed = (error: Error): void =>
      end({ failed: `${begun}${connectionProblem(error, asked.timeoutMs)}` });
    // 'on': destroying the request after its answer may bring one more error.
    request.on('error', failed);
    request.once('response', (response) => {
      begun = `HTTP ${response.statusCode}, and then `;
      response.on('error', failed);
      collect(response, end);
    });
    request.end();
  });
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** A link is followed: only root can have put one there. */
function readCa(path: string | null): string | null {
  try {
    return path === null ? null : readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileProblem('read the CA', path ?? '', error);
  }
}

function open({ scheme, host, port, path, name }: HttpAsked, ca: string | null): ClientRequest {
  const headers = { host: isIP(name) === 6 ? `[${name}]` : name, 'user-agent': 'holdfast' };
  const common = { host, port, path, headers, agent: false } as const;
  if (scheme === 'http') return httpRequest(common);
  return httpsRequest({
    ...common,
    ...(ca === null ? {} : { ca }),
    // RFC 6066, section 3: SNI carries no addresses.
    servername: isIP(name) === 0 ? name : '',
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
}

function judged(socket: TLSSocket, { caFile, name }: HttpAsked, ca: string | null): Certificate {
  if (caFile !== null && ca === null) return 'noCa';
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { problem: 'no certificate was presented' };
  const error: unknown = socket.authorizationError;
  const chain = socket.authorized ? null : error instanceof Error ? error.message : String(error);
  const trusted = caFile ?? "Node's own list";
  const problem = certificateProblem({ certificate, chain }, name, trusted, Date.now());
  return problem === null ? 'good' : { problem };
}

function collect(response: IncomingMessage, end: (reply: HttpAnswer['reply']) => void): void {
  const status = response.statusCode ?? 0;
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    body += text;
    if (body.length >= MOST_BODY) end({ status, body: body.slice(0, MOST_BODY) });
  });
  response.once('end', () => end({ status, body }));
}
