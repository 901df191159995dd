import type { Family, UfwEnd, UfwRule } from './ufw-tuple.ts';

const LOG_LIMIT = '-m limit --limit 3/min --limit-burst 10';
const RECENT = '-m conntrack --ctstate NEW -m recent';
const TARGETS = { allow: 'ACCEPT', deny: 'DROP', reject: 'REJECT', limit: 'LIMIT' } as const;
const LOGGED_AS = { allow: 'ALLOW', deny: 'BLOCK', reject: 'BLOCK', limit: 'LIMIT' } as const;

/**
 * The iptables lines of one rule, byte for byte as ufw 0.36.2 writes them below its tuple (common.py, format_rule;
 * backend_iptables.py, _get_rules_from_formatted). `test/laws/ufw-real.test.ts` holds the two together.
 */
export function iptablesLines(rule: UfwRule & { readonly family: Family }): readonly string[] {
  const prefix = rule.family === 'v4' ? 'ufw' : 'ufw6';
  const suffix = rule.route ? 'forward' : rule.direction === 'in' ? 'input' : 'output';
  const names: Names = { prefix, user: `${prefix}-user-${suffix}`, log: `${prefix}-user-logging-${suffix}` };
  const hasPorts = rule.to.port !== 'any' || rule.from.port !== 'any';
  // A rule for ports of any protocol is two: iptables takes ports only with tcp or udp.
  const protocols = rule.protocol === 'any' && hasPorts ? ['tcp', 'udp'] : [rule.protocol];
  return protocols.flatMap((protocol) => linesFor(rule, protocol, names));
}

type Names = { readonly prefix: string; readonly user: string; readonly log: string };

function linesFor(rule: UfwRule, protocol: string, { prefix, user, log }: Names): readonly string[] {
  const matched = matches(rule, protocol);
  const reset = rule.action === 'reject' && protocol === 'tcp' ? ['--reject-with tcp-reset'] : [];
  const behind = [...reset, ...appComment(rule)];
  const line = (...words: readonly (string | readonly string[])[]): string => words.flat().join(' ');
  return [
    ...(rule.log === '' ? [] : logLines(rule, matched, { prefix, user, log })),
    ...(rule.action === 'limit'
      ? [
          line('-A', user, matched, RECENT, '--set', behind),
          line(
            '-A',
            user,
            matched,
            RECENT,
            '--update --seconds 30 --hitcount 6 -j',
            `${prefix}-user-limit`,
            behind,
          ),
          line('-A', user, matched, `-j ${prefix}-user-limit-accept`, behind),
        ]
      : [line('-A', user, matched, '-j', TARGETS[rule.action], behind)]),
  ];
}

/** Plain `log` takes new connections only, `log-all` every packet. */
function logLines(rule: UfwRule, matched: readonly string[], { user, log }: Names): readonly string[] {
  const when = rule.log === 'log' ? ['-m conntrack --ctstate NEW'] : [];
  const said = `-j LOG --log-prefix "[UFW ${LOGGED_AS[rule.action]}] "`;
  return [
    ['-A', log, ...matched, ...when, LOG_LIMIT, said],
    ['-A', log, ...matched, '-j RETURN'],
    ['-A', user, ...matched, '-j', log],
  ].map((words) => words.join(' '));
}

function matches(rule: UfwRule, protocol: string): readonly string[] {
  const { to, from, interfaceIn, interfaceOut } = rule;
  const several = /[,:]/.test(to.port + from.port);
  const word = (name: string, value: string): readonly string[] =>
    value === 'any' ? [] : [`${name} ${value}`];
  return [
    ...(interfaceIn === '' ? [] : [`-i ${interfaceIn}`]),
    ...(interfaceOut === '' ? [] : [`-o ${interfaceOut}`]),
    ...word('-p', protocol),
    ...(several
      ? [...word('-m multiport --dports', to.port), ...word('-m multiport --sports', from.port)]
      : []),
    ...word('-d', to.address),
    ...(several ? [] : word('--dport', to.port)),
    ...word('-s', from.address),
    ...(several ? [] : word('--sport', from.port)),
  ];
}

function appComment({ to, from }: UfwRule): readonly string[] {
  const said = (name: string, { app }: UfwEnd): readonly string[] =>
    app === '' ? [] : [`${name}_${app.replaceAll(' ', '%20')}`];
  const apps = [...said('dapp', to), ...said('sapp', from)];
  return apps.length === 0 ? [] : [`-m comment --comment '${apps.join(',')}'`];
}
