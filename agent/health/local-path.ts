import type { Cluster } from '../desired/cluster.ts';
import { balancerUnit } from '../desired/load-balancer.ts';
import { notHere, type Check } from './check.ts';
import { askApi, seenInCertificate } from './https.ts';
import { seenInReply } from './reply.ts';
import { unitState } from './unit.ts';

/** Where the template's load balancer listens besides the VIP: haproxy.cfg.eta and nginx.conf.eta in desired-state/files. */
const LOOPBACK = '127.0.0.1';
const PORT = 7443;

/**
 * This node's own balancer, through loopback: on a BACKUP the VIP would test the MASTER's. The certificate must name
 * the VIP, so the whole path that this node would offer as MASTER is tried. A load balancer that runs and has no such
 * bind is another's configuration, which this check knows nothing about.
 */
export function localPath(cluster: Cluster): Check {
  const asked = askApi(cluster, { host: LOOPBACK, port: PORT, path: '/readyz', name: cluster.vip });
  return {
    id: `https[${LOOPBACK}:${PORT}]`,
    about: 'api',
    run: async (probes) => {
      if ((await probes.files.stamp(cluster.health.ca)) === null)
        return notHere(`${cluster.health.ca} does not exist: kubeadm has not run here`);
      const { reply, certificate } = await probes.http(asked);
      if ('failed' in reply && reply.failed === 'connection refused') {
        const unit = balancerUnit(cluster);
        const { state } = await unitState(unit, probes.live);
        if (state === 'active' || state === 'unknown')
          return notHere(`${unit} does not listen on ${LOOPBACK}:${PORT}`);
      }
      const seen = seenInReply(reply);
      return seen.ok === true && !cluster.health.insecure
        ? seenInCertificate(certificate, cluster.health.ca)
        : seen;
    },
  };
}
