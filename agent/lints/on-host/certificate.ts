import { X509Certificate } from 'node:crypto';
import { hostLint, type At } from './lint.ts';

const PATH = '/etc/kubernetes/pki/apiserver.crt';
const SOON_MS = 14 * 86_400_000;

/** The API server's certificate, as PEM; `null`: kubeadm has not made it yet, and says itself what it needs. */
type Facts = { readonly pem: string | null };

/**
 * Clients that verify (all but `curl -k`) refuse the virtual IP unless the certificate names it, so nothing may be
 * pointed at it before. That it expires is nothing that a plan could break or mend.
 */
export const certificate = hostLint<Facts>({
  about: `whether ${PATH} is in order`,
  concerns: ({ role, intent }) =>
    role.role !== 'worker' && (intent === null || intent.takesVip !== null || intent.pointsAtVip !== null),
  ask: async ({ files }) => {
    const found = await files.read(PATH);
    return { pem: found === null ? null : files.text(found.content) };
  },
  judge: ({ pem }, at) => {
    if (pem === null) return [];
    const problem = problemOf(pem, at);
    if (problem === null) return [];
    const by = at.intent?.pointsAtVip ?? at.intent?.takesVip ?? null;
    if (by !== null && !at.cluster.health.insecure && problem.breaks)
      return [{ refuses: by, why: problem.why, ...(problem.isOfVip ? { of: 'vip' as const } : {}) }];
    return at.intent === null ? [{ notice: capital(problem.why) }] : [];
  },
});

type Problem = { readonly why: string; readonly breaks: boolean; readonly isOfVip?: true };

function problemOf(pem: string, { cluster: { vip }, nowMs }: At): Problem | null {
  const found = parsed(pem);
  if (found === null)
    return {
      why: `${PATH} is no certificate. Put kubeadm's own back, or make it anew as kubeadm does.`,
      breaks: true,
    };
  if (found.checkIP(vip) === undefined)
    return {
      why: `the API server's certificate (${PATH}) does not name ${vip}, so whoever verifies it refuses the virtual IP. ${MAKE_ANEW(vip)}.`,
      breaks: true,
      isOfVip: true,
    };
  const leftMs = Date.parse(found.validTo) - nowMs;
  const until = new Date(found.validTo).toISOString().slice(0, 10);
  if (leftMs < 0)
    return { why: `the API server's certificate (${PATH}) expired on ${until}. ${RENEW}.`, breaks: true };
  if (leftMs > SOON_MS) return null;
  return { why: `the API server's certificate (${PATH}) expires on ${until}. ${RENEW}.`, breaks: false };
}

/** kubeadm leaves a certificate alone while its files exist; the API server reads new ones by itself. */
const MAKE_ANEW = (vip: string): string =>
  [
    `On this host: "kubectl -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' >kubeadm.yaml"`,
    `add ${vip} to its apiServer.certSANs`,
    '"mv /etc/kubernetes/pki/apiserver.crt /etc/kubernetes/pki/apiserver.key /root/" (kubeadm skips while they exist)',
    '"kubeadm init phase certs apiserver --config kubeadm.yaml"',
  ].join(', ');
const RENEW = 'On this host: "kubeadm certs renew apiserver", for all of them "kubeadm certs renew all"';

function parsed(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
