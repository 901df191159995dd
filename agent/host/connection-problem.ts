/** Why a connection came to nothing, as a phrase that goes on after "it failed: ". */
export function connectionProblem(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return noAnswerWithin(timeoutMs);
  const code = (error as NodeJS.ErrnoException).code ?? '';
  // Several addresses of one name were tried: each has its own reason, the first will do.
  if (error instanceof AggregateError && error.errors.length > 0)
    return connectionProblem(error.errors[0], timeoutMs);
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
    return 'what answers there does not speak TLS as asked';
  return PHRASES[code] ?? error.message;
}

export const noAnswerWithin = (timeoutMs: number): string => `no answer within ${timeoutMs / 1000} s`;

const PHRASES: { readonly [code: string]: string } = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed without an answer',
  EPIPE: 'the connection was closed without an answer',
  // After three seconds of asking ARP in vain.
  EHOSTUNREACH: 'no route to host (nobody on the network has this address, or a firewall says so)',
  ENETUNREACH: 'the network cannot be reached from here',
  ENETDOWN: 'the network interface is down',
  EADDRNOTAVAIL: 'this host has no address or port to ask from',
  ETIMEDOUT: 'no answer (the connection timed out)',
  EACCES: "this host's own firewall does not let the request out",
  EPERM: "this host's own firewall does not let the request out",
  ENOTFOUND: 'the name is not known (DNS)',
  EAI_AGAIN: 'the name could not be looked up (DNS does not answer)',
};
