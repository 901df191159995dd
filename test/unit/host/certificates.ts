import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder } from './fresh-folder.ts';

export type Authority = { readonly caFile: string; issue(names: string, days?: number): Issued };
export type Issued = { readonly cert: string; readonly key: string };

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const openssl = (...args: readonly string[]): void =>
  void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] });

/** A CA as kubeadm makes one, and what it issues. `names` as in `DNS:kubernetes,IP:10.1.1.1`; `days` may be negative. */
export function certificateAuthority(): Authority {
  const folder = freshFolder();
  const at = (name: string): string => join(folder, name);
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-days',
    '2',
    '-subj',
    '/CN=kubernetes',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  );
  return {
    caFile: at('ca.crt'),
    issue(names, days = 2) {
      openssl(
        'req',
        ...KEY,
        '-subj',
        '/CN=kube-apiserver',
        '-keyout',
        at('leaf.key'),
        '-out',
        at('leaf.csr'),
      );
      writeFileSync(at('names'), names === '' ? '' : `subjectAltName=${names}\n`);
      const signer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), ...validFor(days)];
      openssl(
        'x509',
        '-req',
        '-in',
        at('leaf.csr'),
        ...signer,
        '-extfile',
        at('names'),
        '-out',
        at('leaf.crt'),
      );
      return { cert: readFileSync(at('leaf.crt'), 'utf8'), key: readFileSync(at('leaf.key'), 'utf8') };
    },
  };
}

/** OpenSSL 3.4 and later take no days below 0, and earlier ones no dates. */
function validFor(days: number): readonly string[] {
  const [, major, minor] = /^OpenSSL (\d+)\.(\d+)/.exec(
    execFileSync('openssl', ['version'], { encoding: 'utf8' }),
  )!;
  if (days >= 0 || Number(major) * 100 + Number(minor) < 304) return ['-days', String(days)];
  const end = new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return ['-not_before', '20240101000000Z', '-not_after', end];
}
