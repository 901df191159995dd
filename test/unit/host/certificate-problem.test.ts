import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { certificateProblem } from '../../../agent/host/certificate-problem.ts';
import { certificateAuthority } from './certificates.ts';

const presented = (names: string, chain: string | null) => ({
  certificate: new X509Certificate(certificateAuthority().issue(names).cert),
  chain,
});

it("says what a host's clock says when the certificate is not valid yet: a Pi that has just booted", () => {
  const problem = certificateProblem(
    presented('IP:10.1.233.1', 'CERT_NOT_YET_VALID'),
    '10.1.233.1',
    '/ca.crt',
    0,
  );
  expect(problem).toMatch(
    /^the certificate is valid from 20.*Z on, and this host's clock says 1970-01-01T00:00:00Z$/,
  );
});

it('tells an expired CA from an expired certificate', () => {
  const problem = certificateProblem(
    presented('IP:10.1.233.1', 'CERT_HAS_EXPIRED'),
    '10.1.233.1',
    '/ca.crt',
    Date.now(),
  );
  expect(problem).toBe('the certificate of the CA in /ca.crt has expired');
});

it('names no more than a dozen names', () => {
  const names = Array.from({ length: 20 }, (_, i) => `IP:10.1.1.${i + 1}`).join(',');
  expect(certificateProblem(presented(names, null), '10.1.233.1', '/ca.crt', 0)).toMatch(
    /10\.1\.1\.12 and 8 more and not for 10\.1\.233\.1$/,
  );
});
