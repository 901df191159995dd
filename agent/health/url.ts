import type { HttpAsked } from '../host/probes.ts';
import { ANSWER_MS, unwell, WELL, type Check } from './check.ts';
import { seenInReply } from './reply.ts';

/** A check of the user's: the URL answers with 2xx. Redirections are not followed: what is asked must be well itself. */
export function urlCheck(
  name: string,
  url: string,
  health: { readonly ca: string; readonly insecure: boolean },
): Check {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const scheme = protocol === 'http:' ? 'http' : 'https';
  const ask = (caFile: string | null): HttpAsked => ({
    scheme,
    host,
    port: Number(port || (scheme === 'http' ? 80 : 443)),
    path: `${pathname}${search}`,
    name: host,
    caFile,
    timeoutMs: ANSWER_MS,
  });
  return {
    // Not the URL: it may hold a token.
    id: `http[${name}]`,
    about: 'own',
    run: async (probes) => {
      const { reply, certificate } = await probes.http(ask(null));
      const seen = seenInReply(reply, (status) => status >= 200 && status < 300);
      if (seen.ok !== true || scheme === 'http' || health.insecure || certificate === 'good') return seen;
      // Not known to the world; it may be one of the cluster's own.
      const again = await probes.http(ask(health.ca));
      if (again.certificate === 'good') return WELL;
      const told = typeof again.certificate === 'object' ? again.certificate : certificate;
      return unwell(typeof told === 'object' ? told.problem : 'its certificate could not be verified');
    },
  };
}
