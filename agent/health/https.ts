import type { Certificate, HttpAsked } from '../host/probes.ts';
import type { Cluster, Health } from '../desired/cluster.ts';
import { ANSWER_MS, notHere, unwell, WELL, type Check, type Seen } from './check.ts';
import { MANIFEST } from './manifest.ts';
import { seenInReply } from './reply.ts';

/**
 * The virtual IP as a client meets it. That it answers and that it answers as itself are two checks: where the
 * certificate has never named the VIP (`curl -k` hides that), a change that ends the answers is still noticed.
 */
export function vipChecks(cluster: Cluster): readonly Check[] {
  const { vip, apiPort, health } = cluster;
  const asked = askApi(cluster, { host: vip, port: apiPort, path: '/healthz', name: vip });
  const id = `https[${vip}:${apiPort}]`;
  const answers: Check = {
    id: `${id}/answers`,
    about: 'vip',
    run: async (probes) => seenInReply((await probes.http(asked)).reply),
  };
  return health.insecure
    ? [answers]
    : [
        answers,
        {
          id: `${id}/name`,
          about: 'vip',
          run: async (probes) => {
            const { reply, certificate } = await probes.http(asked);
            return certificate === 'unseen' && 'failed' in reply
              ? unwell(reply.failed)
              : seenInCertificate(certificate, health.ca);
          },
        },
      ];
}

/** This node's own API server. `/readyz`: a starting or stopping one may say 200 on /healthz already or still. */
export function ownApiServer(cluster: Api, address: string): Check {
  const { apiPort, health } = cluster;
  const asked = askApi(cluster, { host: address, port: apiPort, path: '/readyz', name: address });
  return {
    id: `apiserver[${address}:${apiPort}]`,
    about: 'api',
    run: async (probes) => {
      if ((await probes.files.stamp(MANIFEST)) === null)
        return notHere(`${MANIFEST} does not exist: kubeadm has not run here`);
      const { reply, certificate } = await probes.http(asked);
      const seen = seenInReply(reply);
      return seen.ok === true && !health.insecure ? seenInCertificate(certificate, health.ca) : seen;
    },
  };
}

/** How an API server of this cluster is asked. */
export type Api = { readonly apiPort: number; readonly health: Pick<Health, 'ca' | 'insecure'> };

export const askApi = (
  { health }: Pick<Api, 'health'>,
  asked: Pick<HttpAsked, 'host' | 'port' | 'path' | 'name'>,
): HttpAsked => ({ ...asked, scheme: 'https', caFile: health.ca, timeoutMs: ANSWER_MS });

export function seenInCertificate(certificate: Certificate, ca: string): Seen {
  if (typeof certificate === 'object') return unwell(certificate.problem);
  if (certificate === 'noCa')
    return notHere(`${ca} does not exist yet, so the certificate cannot be verified`);
  return certificate === 'good' ? WELL : unwell('the connection was closed before a certificate was seen');
}
