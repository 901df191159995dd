import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copy } from './bootstrap.ts';
import { wholePicture } from './cluster.ts';
import type { Host, Result } from './lab.ts';

/** Two releases of the package, on a host that has neither. */
export const [PREVIOUS, NEWER] = ['0.0.9', '0.0.10'] as const;
export type Version = typeof PREVIOUS | typeof NEWER;

/** Gives the folder that they are in. */
export function buildPackages(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-deb-'));
  for (const version of [PREVIOUS, NEWER])
    execFileSync('node', ['scripts/deb.mjs', join(folder, version)], {
      cwd: new URL('../..', import.meta.url).pathname,
      env: { ...process.env, HOLDFAST_VERSION: version },
    });
  return folder;
}

/** Where they are on the host. */
export const fileOf = (version: Version): string => `/root/${version}.deb`;

/** A host as from its maker, with both packages at hand: what it looks like. */
export function withPackagesAtHand(host: Host, folder: string): string {
  host.fresh({ bare: true });
  // What the lab installs by itself, as it would be unpacked.
  host.shell(`rm -r /usr/lib/holdfast /usr/bin/holdfast /usr/share/holdfast /usr/share/doc/holdfast \
    /usr/lib/systemd/system/holdfast*.service* /usr/lib/systemd/system/keepalived.service.d \
    /usr/lib/tmpfiles.d/holdfast.conf /run/holdfast && systemctl daemon-reload`);
  for (const version of [PREVIOUS, NEWER])
    copy(host, join(folder, version, `holdfast_${version}_all.deb`), fileOf(version));
  host.sync();
  return wholePicture(host);
}

export const dpkg = (host: Host, ...words: readonly string[]): Result =>
  host.run(['dpkg', ...words], { timeoutMs: 600_000 });

/** The package's state in dpkg's own words, as in `half-configured`. */
export const dpkgStatus = (host: Host): string =>
  host.run(['dpkg-query', '-Wf', '${db:Status-Status}', 'holdfast'], { allowFail: true }).stdout;
