import { haproxySections, serving, type Section } from './haproxy-sections.ts';
import { HAPROXY, type Lint } from './lint.ts';

/** A hung API server still takes connections: `tcp-check` lost a third of all requests to it for ever (measured). */
export const hungApiServer: Lint = ({ cluster, hosts }) => {
  const servers = new Set(cluster.nodes.map(({ address }) => `${address}:${cluster.apiPort}`));
  return hosts.flatMap(({ role, haproxy }) => {
    const sections = haproxySections(haproxy ?? '');
    const defaults = sections.filter(({ kind }) => kind === 'defaults');
    return serving(sections, servers)
      .filter((section) => isChecked([...defaults, section]) && !isAsked([...defaults, section]))
      .map(({ kind, name, line }) => ({
        severity: 'warning',
        hostname: role.hostname,
        file: HAPROXY,
        line,
        sentence: `${kind} ${name} only looks whether an API server takes connections, and one that hangs does. Ask it: "option httpchk" with "http-check send meth GET uri /readyz", over verified TLS.`,
      }));
  });
};

const isChecked = (sections: readonly Section[]): boolean =>
  sections.some(({ directives }) =>
    directives.some(({ words }) => /^(default-)?server$/.test(words[0]!) && words.includes('check')),
  );

const isAsked = (sections: readonly Section[]): boolean =>
  sections.some(({ directives }) =>
    directives.some(({ words }) => words[0] === 'option' && words[1] === 'httpchk'),
  );
