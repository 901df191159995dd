import {
  haproxyMs,
  haproxySections,
  serving,
  servingAt,
  type Directive,
  type Section,
} from './haproxy-sections.ts';
import { HAPROXY, type Lint } from './lint.ts';

const LONG_MS = 600_000;

/** Debian's haproxy.cfg cuts what is silent for 50 s: idle watches, and `kubectl logs -f`. */
export const idleTimeouts: Lint = ({ cluster, hosts }) => {
  const servers = new Set(cluster.nodes.map(({ address }) => `${address}:${cluster.apiPort}`));
  return hosts.flatMap(({ role, haproxy }) => {
    const sections = haproxySections(haproxy ?? '');
    const defaults = sections.filter(({ kind }) => kind === 'defaults');
    const backends = serving(sections, servers);
    // In TCP mode it takes the place of both others as soon as the connection stands: manual, "timeout tunnel".
    const isTunnel = backends.every((section) => isLong(timeout('tunnel', section, defaults)));
    if (backends.length === 0 || isTunnel) return [];
    const found = [
      ...servingAt(sections, cluster.vip, cluster.apiPort).map((one) => timeout('client', one, defaults)),
      ...backends.map((one) => timeout('server', one, defaults)),
    ];
    const short = found.filter((one) => one !== null && !isLong(one));
    return [...new Map(short.map((one) => [one!.line, one!])).values()].map(({ words, line }) => ({
      severity: 'warning',
      hostname: role.hostname,
      file: HAPROXY,
      line,
      sentence: `"${words.join(' ')}" ends connections that are silent for so long: idle watches, and "kubectl logs -f". Write 1h, and "timeout tunnel 24h".`,
    }));
  });
};

const timeout = (name: string, own: Section, defaults: readonly Section[]): Directive | null =>
  [...defaults, own]
    .flatMap(({ directives }) => directives)
    .findLast(({ words }) => words[0] === 'timeout' && words[1] === name) ?? null;

const isLong = (found: Directive | null): boolean => (haproxyMs(found?.words[2]) ?? 0) >= LONG_MS;
