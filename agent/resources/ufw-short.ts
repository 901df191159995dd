import { portsOf } from './ufw-address.ts';
import { protocolOf, verified } from './ufw-protocol.ts';
import type { UfwRule } from './ufw-tuple.ts';
import { RuleProblem } from './ufw-words.ts';

/** The short form: `22`, `22/tcp`, `2379:2380/tcp`, or an application profile's name. */
export function parseShort(begun: UfwRule, word: string): UfwRule {
  const [port = '', protocol, ...more] = word.split('/');
  const numeric = /^\d[\d,:]*$/.test(port);
  if (!numeric && protocol === undefined) return { ...begun, to: { ...begun.to, app: profileName(word) } };
  if (more.length > 0 || port === '' || (!numeric && SERVICES.get(port) === undefined))
    throw new RuleProblem(`"${word}" is not a port. Write a number and a protocol, as in 22/tcp.`);
  if (!numeric) throw serviceName(port);
  const ports = portsOf(port);
  if ('problem' in ports) throw new RuleProblem(ports.problem);
  const rule = { ...begun, protocol: protocolOf(protocol ?? 'any'), to: { ...begun.to, port: ports.ports } };
  return verified(rule);
}

/** A name that ufw takes for a profile (applications.py, valid_profile_name). Whether there is one, only a host knows. */
export function profileName(word: string): string {
  if (SERVICES.has(word)) throw serviceName(word);
  if (['all', 'any', 'comment'].includes(word) || !/^[a-zA-Z0-9][a-zA-Z0-9 _\-.+]*$/.test(word))
    throw new RuleProblem(
      `"${word}" is neither a port nor an application profile's name. Write a port, as in 22/tcp.`,
    );
  return word;
}

/** A service's name means a port of /etc/services, which differs between hosts: the number says the same everywhere. */
export function serviceName(word: string): RuleProblem {
  const port = SERVICES.get(word);
  return new RuleProblem(
    `"${word}" is a service's name, whose port is read from each host's own /etc/services. Write the port${port === undefined ? ', as in 22/tcp' : `: ${port}`}.`,
  );
}

/** Names that ufw finds in Debian's /etc/services (netbase) before it looks for a profile of that name. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ['ssh', '22/tcp'],
  ['ftp', '21/tcp'],
  ['telnet', '23/tcp'],
  ['smtp', '25/tcp'],
  ['domain', '53'],
  ['tftp', '69/udp'],
  ['http', '80/tcp'],
  ['www', '80/tcp'],
  ['kerberos', '88'],
  ['pop3', '110/tcp'],
  ['sunrpc', '111'],
  ['ntp', '123/udp'],
  ['imap2', '143/tcp'],
  ['imap', '143/tcp'],
  ['snmp', '161'],
  ['bgp', '179/tcp'],
  ['ldap', '389'],
  ['https', '443'],
  ['submission', '587/tcp'],
  ['syslog', '514/udp'],
  ['rsync', '873/tcp'],
  ['imaps', '993/tcp'],
  ['pop3s', '995/tcp'],
  ['nfs', '2049'],
  ['mysql', '3306/tcp'],
  ['postgresql', '5432/tcp'],
  ['mdns', '5353/udp'],
  ['git', '9418/tcp'],
]);
