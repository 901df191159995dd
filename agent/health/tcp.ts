import { ANSWER_MS, unwell, WELL, type Check } from './check.ts';

/** A check of the user's: a connection to HOST:PORT opens. An IPv6 address stands in brackets. */
export function tcpCheck(name: string, at: string): Check {
  const colon = at.lastIndexOf(':');
  const host = at.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(at.slice(colon + 1));
  return {
    id: `tcp[${name}]`,
    about: 'own',
    run: async (probes) => {
      const opened = await probes.tcp(host, port, ANSWER_MS);
      return opened === 'open' ? WELL : unwell(opened.failed);
    },
  };
}
