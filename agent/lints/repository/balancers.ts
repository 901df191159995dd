import { bindsOf, haproxySections, type Bind } from './haproxy-sections.ts';
import { HAPROXY, NGINX, type LintedHost } from './lint.ts';
import { nginxListens } from './nginx-listens.ts';

/** Where a load balancer listens. */
export type Entrance = {
  readonly bind: Bind;
  /** As in "frontend api". */
  readonly of: string;
  /** It can bind an address that the host does not have. */
  readonly isTransparent: boolean;
};

export type Balancer = {
  readonly name: 'HAProxy' | 'nginx';
  readonly file: string;
  readonly unit: string;
  readonly entrances: (text: string) => readonly Entrance[];
  /** How one listens at an address and port. */
  readonly listen: (where: string) => string;
  readonly text: (host: LintedHost) => string | null;
};

/** What may stand in front of the API servers, and how its configuration is read. What a file includes is not followed. */
export const BALANCERS: readonly Balancer[] = [
  {
    name: 'HAProxy',
    file: HAPROXY,
    unit: 'haproxy.service',
    entrances: haproxyEntrances,
    listen: (where) => `bind ${where}`,
    text: ({ haproxy }) => haproxy,
  },
  {
    name: 'nginx',
    file: NGINX,
    unit: 'nginx.service',
    entrances: (text) =>
      nginxListens(text).map((bind) => ({ bind, of: 'this server', isTransparent: false })),
    listen: (where) => `listen ${where};`,
    text: ({ nginx }) => nginx,
  },
];

function haproxyEntrances(text: string): readonly Entrance[] {
  return haproxySections(text).flatMap((section) =>
    bindsOf(section).map((bind) => {
      const words = section.directives.find(({ line }) => line === bind.line)?.words ?? [];
      return { bind, of: `${section.kind} ${section.name}`, isTransparent: words.includes('transparent') };
    }),
  );
}

/** Those that answer on an address and port, or on all addresses. */
export const entrancesAt = (
  entrances: readonly Entrance[],
  address: string,
  port: number,
): readonly Entrance[] =>
  entrances.filter(({ bind }) => bind.port === port && (bind.address === null || bind.address === address));
