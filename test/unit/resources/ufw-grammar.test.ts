import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRule } from '../../../agent/resources/ufw-argv.ts';
import { parseRule } from '../../../agent/resources/ufw-grammar.ts';
import { formatTuple, perFamily } from '../../../agent/resources/ufw-tuple.ts';
import { anyRule } from '../../support/ufw-arbitrary.ts';

function tuplesOf(text: string): readonly string[] {
  const found = parseRule(text);
  if ('problem' in found) throw new Error(found.problem);
  return perFamily(found.rule).map((rule) => formatTuple(rule));
}

describe('a rule as ufw takes it', () => {
  // The right-hand side is what ufw 0.36.2 wrote into user.rules and user6.rules for the left-hand one.
  it.each([
    ['allow 22/tcp', ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', 'allow tcp 22 ::/0 any ::/0 in']],
    ['allow 53', ['allow any 53 0.0.0.0/0 any 0.0.0.0/0 in', 'allow any 53 ::/0 any ::/0 in']],
    ['allow out 53', ['allow any 53 0.0.0.0/0 any 0.0.0.0/0 out', 'allow any 53 ::/0 any ::/0 out']],
    [
      'limit log 2379:2380/tcp',
      ['limit_log tcp 2379:2380 0.0.0.0/0 any 0.0.0.0/0 in', 'limit_log tcp 2379:2380 ::/0 any ::/0 in'],
    ],
    [
      'allow in on eth0 proto vrrp from 10.1.0.0/16 to 224.0.0.18',
      ['allow vrrp any 224.0.0.18 any 10.1.0.0/16 in_eth0'],
    ],
    [
      'route allow in on eth0 out on eth1 to 10.0.0.0/8 port 80 proto tcp',
      ['route:allow tcp 80 10.0.0.0/8 any 0.0.0.0/0 in_eth0!out_eth1'],
    ],
    ['allow from fd00::/8 to any port 6443 proto tcp', ['allow tcp 6443 ::/0 any fd00::/8 in']],
    [
      'reject 443,80/tcp',
      ['reject tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in', 'reject tcp 80,443 ::/0 any ::/0 in'],
    ],
    [
      'allow in on eth0',
      ['allow any any 0.0.0.0/0 any 0.0.0.0/0 in_eth0', 'allow any any ::/0 any ::/0 in_eth0'],
    ],
    ['allow from 10.1.2.3/16', ['allow any any 0.0.0.0/0 any 10.1.0.0/16 in']],
    ['allow from 10.1.2.3/255.255.0.0', ['allow any any 0.0.0.0/0 any 10.1.0.0/16 in']],
    ['allow in on eth0 to fd00::1/64', ['allow any any fd00::1/64 any ::/0 in_eth0']],
    ['deny proto igmp to any', ['deny igmp any 0.0.0.0/0 any 0.0.0.0/0 in']],
    ['allow from 0.0.0.0/0 to any port 22', ['allow any 22 0.0.0.0/0 any 0.0.0.0/0 in']],
  ])('keeps "%s" as ufw itself does', (text, tuples) => {
    expect(tuplesOf(text)).toEqual(tuples);
  });

  it('reads the short and the long form of one rule as the same rule', () => {
    expect(parseRule('allow 22/tcp')).toEqual(parseRule('allow proto tcp from any to any port 22'));
    expect(parseRule('allow in 22/tcp')).toEqual(parseRule('allow 22/tcp'));
  });

  it('takes an application profile, with spaces too, and a comment', () => {
    expect(parseRule(`allow 'WWW Full' comment 'for the shop'`)).toMatchObject({
      rule: { to: { app: 'WWW Full' }, comment: 'for the shop' },
    });
  });

  it('law: what formatRule writes, parseRule reads back', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        expect(parseRule(formatRule(rule))).toEqual({ rule });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is not a rule is refused with the way out', () => {
  it.each([
    [
      'alow 22/tcp',
      'A rule begins with allow, deny, reject or limit, and this is "alow". Did you mean "allow"?',
    ],
    ['', 'A rule begins with allow, deny, reject or limit.'],
    ['ufw allow 22', 'Write only what follows the word ufw'],
    ['insert 1 allow 22', '"insert" is not part of a rule'],
    ['allow', 'It does not say what to allow. Write a port, as in "allow 22/tcp".'],
    [
      'allow 22/tpc',
      '"tpc" is not one of tcp, udp, ipv6, esp, ah, igmp, gre, vrrp and any. Did you mean "tcp"?',
    ],
    ['allow ssh', `"ssh" is a service's name`],
    ['allow ssh/tcp', 'Write the port: 22/tcp.'],
    ['allow 70000/tcp', 'ports go from 1 to 65535'],
    ['allow 80,443', 'Several ports need a protocol.'],
    ['allow 2380:2379/tcp', 'ends before it begins'],
    ['allow 22/vrrp', 'vrrp has no ports'],
    ['allow form 10.1.1.2', 'Did you mean "from"?'],
    ['allow from 10.1/16', 'Write all four parts'],
    ['allow from 10.1.1.300', '"10.1.1.300" is not an address'],
    ['allow from 10.1.1.2 to fd00::1', 'It mixes IPv4 and IPv6.'],
    ['allow proto igmp from fd00::1', 'igmp is for IPv4 only'],
    ['allow port 22', 'belongs to no address'],
    ['allow proto tcp', 'It names no address. Add "to any" or "from any".'],
    ['allow from any port', '"port" is followed by nothing'],
    ['allow to any port 1 port 2', 'twice'],
    ['allow to any port 22 log', 'stands directly behind the action'],
    ['allow in on eth0 22/tcp', 'cannot stand behind an interface'],
    ['allow in on eth0:1 to any', `"eth0:1" is not an interface's name`],
    ['allow in on eth0 out on eth1', 'Only a "route" rule has two directions.'],
    ['route allow in to any', 'names its interface'],
    ["allow 22 comment 'it", 'is never closed'],
    ['allow 22 comment', '"comment" is followed by nothing'],
    ['allow 22 comment two words', 'Put its text in quotation marks'],
    ['allow to any app OpenSSH proto tcp', 'says the protocol itself'],
  ])('%s', (text, said) => {
    const found = parseRule(text);
    expect('problem' in found ? found.problem : formatRule(found.rule)).toContain(said);
  });
});
