import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

export type Presented = {
  readonly certificate: X509Certificate;
  /** What OpenSSL said of the chain (`CERT_HAS_EXPIRED`); `null`: it is in order. */
  readonly chain: string | null;
};

/** What is wrong with a certificate, as a clause; `null`: it is in order and names `name`. */
export function certificateProblem(
  { certificate, chain }: Presented,
  name: string,
  trusted: string,
  nowMs: number,
): string | null {
  if (chain !== null) return chainProblem(chain, certificate, trusted, nowMs);
  const names = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
  return names === undefined ? `the certificate is for ${namesOf(certificate)} and not for ${name}` : null;
}

function chainProblem(chain: string, certificate: X509Certificate, trusted: string, nowMs: number): string {
  const { validFrom, validTo } = certificate;
  switch (chain) {
    case 'CERT_HAS_EXPIRED':
      return Date.parse(validTo) < nowMs
        ? `the certificate expired on ${day(validTo)}`
        : `the certificate of the CA in ${trusted} has expired`;
    case 'CERT_NOT_YET_VALID':
      return `the certificate is valid from ${day(validFrom)} on, and this host's clock says ${day(nowMs)}`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
      return `the certificate (from ${oneLine(certificate.issuer)}) was not issued by the CA in ${trusted}`;
    default:
      return `the certificate cannot be trusted: ${chain}`;
  }
}

const day = (date: string | number): string => `${new Date(date).toISOString().slice(0, 19)}Z`;
const oneLine = (subject: string): string => subject.split('\n').join(', ');

const MOST_NAMES = 12;

/** Its subject alternative names; without any, nobody accepts the certificate for anything (RFC 9110, 4.3.4). */
function namesOf({ subjectAltName }: X509Certificate): string {
  const names = (subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
  const shown = names.filter((name) => name !== '');
  if (shown.length === 0) return 'no name at all';
  const more = shown.length > MOST_NAMES ? ` and ${shown.length - MOST_NAMES} more` : '';
  return `${shown.slice(0, MOST_NAMES).join(', ')}${more}`;
}
