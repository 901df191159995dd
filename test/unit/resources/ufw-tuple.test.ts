import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatComment,
  formatTuple,
  identity,
  parseTuple,
  perFamily,
} from '../../../agent/resources/ufw-tuple.ts';
import { anyRule } from '../../support/ufw-arbitrary.ts';

describe("a tuple line of ufw's rule files", () => {
  it('law: every rule is read back from its tuple and its comment', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        for (const one of perFamily(rule))
          expect(parseTuple(formatTuple(one) + formatComment(one.comment), one.family)).toEqual(one);
      }),
    );
  });

  it('has its comment in hexadecimal UTF-8', () => {
    const line = 'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=66c3bc722073736820e29ca8';
    expect(parseTuple(line, 'v4')?.comment).toBe('für ssh ✨');
    expect(formatComment('für ssh ✨')).toBe(' comment=66c3bc722073736820e29ca8');
  });

  it('names application profiles, with %20 for a space', () => {
    const line = 'allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 WWW%20Full - in_eth0';
    const rule = parseTuple(line, 'v4');
    expect(rule).toMatchObject({
      to: { app: 'WWW Full', port: '80,443' },
      from: { app: '' },
      interfaceIn: 'eth0',
    });
    expect(formatTuple(rule!)).toBe(line);
  });

  it('of an old ufw has no direction and means incoming', () => {
    expect(parseTuple('allow tcp 22 0.0.0.0/0 any 0.0.0.0/0', 'v4')?.direction).toBe('in');
    expect(parseTuple('allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH -', 'v4')?.to.app).toBe('OpenSSH');
  });

  it.each([
    'allow tcp 22',
    'permit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
    'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 x_eth0',
  ])('that is malformed is nobody’s rule: %s', (line) => {
    expect(parseTuple(line, 'v4')).toBeNull();
  });
});

describe('the identity that ufw goes by', () => {
  const of = (line: string, family: 'v4' | 'v6' = 'v4'): string => identity(parseTuple(line, family)!);
  const allow = 'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in';

  it.each([
    'deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
    'allow_log tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
    `${allow} comment=78`,
  ])('leaves out action, log and comment: %s', (line) => expect(of(line)).toBe(of(allow)));

  it.each([
    'allow udp 22 0.0.0.0/0 any 0.0.0.0/0 in',
    'allow tcp 22 10.1.1.1 any 0.0.0.0/0 in',
    'allow tcp 22 0.0.0.0/0 any 10.0.0.0/8 in',
    'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0',
    'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 out',
    'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in',
    'route:allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
  ])('tells this one from "allow 22/tcp": %s', (line) => expect(of(line)).not.toBe(of(allow)));

  it('tells IPv4 from IPv6', () => {
    expect(of(allow)).not.toBe(of('allow tcp 22 ::/0 any ::/0 in', 'v6'));
  });
});
