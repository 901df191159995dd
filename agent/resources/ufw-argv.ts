import type { UfwEnd, UfwRule } from './ufw-tuple.ts';
import { quoted } from './ufw-words.ts';

/** The words for `ufw` that make this rule, and no other: in the short form where ufw would show it so. */
export function formatArgv(rule: UfwRule): readonly string[] {
  const { interfaceIn, interfaceOut, direction, log } = rule;
  const onInterface = interfaceIn !== '' || interfaceOut !== '';
  return [
    ...(rule.route ? ['route'] : []),
    rule.action,
    ...(interfaceIn === '' ? [] : ['in', 'on', interfaceIn]),
    ...(interfaceOut === '' ? [] : ['out', 'on', interfaceOut]),
    ...(direction === 'out' && !onInterface ? ['out'] : []),
    ...(log === '' ? [] : [log]),
    ...(isShort(rule) ? short(rule) : long(rule, onInterface)),
    ...(rule.comment === '' ? [] : ['comment', rule.comment]),
  ];
}

/** The same as one line, which `parseRule` reads back. */
export const formatRule = (rule: UfwRule): string => formatArgv(rule).map(quoted).join(' ');

const isShort = ({ family, to, from, interfaceIn, interfaceOut }: UfwRule): boolean =>
  family === 'both' &&
  interfaceIn === '' &&
  interfaceOut === '' &&
  [to.address, from.address, from.port].every((word) => word === 'any') &&
  from.app === '' &&
  (to.port !== 'any' || to.app !== '') &&
  !['in', 'out', 'log', 'log-all'].includes(to.app);

const short = ({ to, protocol }: UfwRule): readonly string[] =>
  to.app === '' ? [protocol === 'any' ? to.port : `${to.port}/${protocol}`] : [to.app];

function long(rule: UfwRule, onInterface: boolean): readonly string[] {
  const { family, protocol, to, from } = rule;
  const app = to.app !== '' || from.app !== '';
  const ends = [
    ...end('from', from, family, false),
    ...end('to', to, family, family !== 'both' && isAny(from)),
  ];
  const needed = ends.length === 0 && !onInterface ? ['to', 'any'] : ends;
  return [...needed, ...(protocol === 'any' || app ? [] : ['proto', protocol])];
}

const isAny = ({ address }: UfwEnd): boolean => address === 'any';

/** `any` says nothing about the family, so one end of a rule for one family says it in full. */
function end(
  side: 'to' | 'from',
  { address, port, app }: UfwEnd,
  family: UfwRule['family'],
  sayFamily: boolean,
): readonly string[] {
  const anywhere = family === 'v6' ? '::/0' : '0.0.0.0/0';
  const word = isAny({ address, port, app }) && sayFamily ? anywhere : address;
  if (word === 'any' && port === 'any' && app === '') return [];
  if (app !== '') return [side, word, 'app', app];
  return port === 'any' ? [side, word] : [side, word, 'port', port];
}
