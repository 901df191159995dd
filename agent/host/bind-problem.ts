import { codeOf } from './file-problem.ts';

/** Why nobody can listen there, as a clause. */
export function bindProblem(
  error: unknown,
  { address, port }: { readonly address: string; readonly port: number },
): string {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `another program listens on port ${port} ("ss -ltnp sport = :${port}" says which)`;
    case 'EADDRNOTAVAIL':
      return `this host does not have the address ${address}`;
    case 'EACCES':
      return `only root may listen on port ${port}`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
