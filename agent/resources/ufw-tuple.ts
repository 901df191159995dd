import { addressOf } from './ufw-address.ts';

/** One end of a rule. `any` stands for every address, every port; `app`: an application profile, or empty. */
export type UfwEnd = { readonly address: string; readonly port: string; readonly app: string };

/** A rule as ufw keeps it. `both`: as written in one line, kept by ufw as one IPv4 and one IPv6 rule. */
export type UfwRule = {
  readonly family: 'v4' | 'v6' | 'both';
  readonly route: boolean;
  readonly action: 'allow' | 'deny' | 'reject' | 'limit';
  readonly log: '' | 'log' | 'log-all';
  readonly direction: 'in' | 'out';
  readonly interfaceIn: string;
  readonly interfaceOut: string;
  readonly protocol: string;
  readonly to: UfwEnd;
  readonly from: UfwEnd;
  /** Decoded; empty when there is none. */
  readonly comment: string;
};

export const ACTIONS = ['allow', 'deny', 'reject', 'limit'] as const;
export const ANYWHERE: UfwEnd = { address: 'any', port: 'any', app: '' };
export type Family = 'v4' | 'v6';

/** The one or two rules that ufw keeps for a line (frontend.py, set_rule). */
export function perFamily(rule: UfwRule): readonly (UfwRule & { readonly family: Family })[] {
  if (rule.family !== 'both') return [{ ...rule, family: rule.family }];
  return [
    { ...rule, family: 'v4' },
    { ...rule, family: 'v6' },
  ];
}

/** What ufw compares when it looks for a rule: everything but action, log and comment (common.py, UFWRule.match). */
export function identity(rule: UfwRule): string {
  const { to, from } = rule;
  const ends = [to.port, to.address, from.port, from.address, to.app || '-', from.app || '-'].map(escaped);
  return [rule.family, rule.route ? 'route' : 'host', rule.protocol, ...ends, interfaces(rule)].join(' ');
}

/** The words behind `### tuple ###` in user.rules and user6.rules, without the comment (_write_rules). */
export function formatTuple(rule: UfwRule & { readonly family: Family }): string {
  const { to, from } = rule;
  const action = `${rule.route ? 'route:' : ''}${rule.action}${rule.log === '' ? '' : `_${rule.log}`}`;
  const anywhere = rule.family === 'v4' ? '0.0.0.0/0' : '::/0';
  const address = (end: UfwEnd): string => (end.address === 'any' ? anywhere : end.address);
  const apps = to.app === '' && from.app === '' ? [] : [to.app || '-', from.app || '-'].map(escaped);
  const ends = [to.port, address(to), from.port, address(from)];
  return [action, rule.protocol, ...ends, ...apps, interfaces(rule)].join(' ');
}

/** Reads those words, with ` comment=HEX` behind them or without; `null`: ufw would skip the line as malformed. */
export function parseTuple(text: string, family: Family): (UfwRule & { readonly family: Family }) | null {
  const [words = '', hex = ''] = text.trim().split(' comment=');
  const fields = words.split(/\s+/);
  if (fields.length < 6 || fields.length > 9) return null;
  const [action, protocol, toPort, to, fromPort, from] = fields as [string, ...string[]];
  const verb = /^(route:)?(allow|deny|reject|limit)(?:_(log|log-all))?$/.exec(action);
  // Up to 0.27 there was no direction: 6 words, or 8 with profiles.
  const where = parseInterfaces(fields.length % 2 === 0 ? 'in' : fields.at(-1)!);
  if (verb === null || where === null) return null;
  const [toApp, fromApp] = fields.length < 8 ? ['-', '-'] : [fields[6]!, fields[7]!];
  const end = (address: string, port: string, app: string): UfwEnd => ({
    address: addressOf(address)?.address ?? address,
    port,
    app: app === '-' ? '' : app.replaceAll('%20', ' '),
  });
  return {
    family,
    route: verb[1] !== undefined,
    action: verb[2] as UfwRule['action'],
    log: (verb[3] ?? '') as UfwRule['log'],
    ...where,
    protocol: protocol!,
    to: end(to!, toPort!, toApp),
    from: end(from!, fromPort!, fromApp),
    comment: Buffer.from(hex.trim(), 'hex').toString('utf8'),
  };
}

/** How ufw writes a comment behind a tuple. */
export const formatComment = (comment: string): string =>
  comment === '' ? '' : ` comment=${Buffer.from(comment, 'utf8').toString('hex')}`;

const escaped = (word: string): string => word.replaceAll(' ', '%20');

function interfaces(rule: UfwRule): string {
  const { interfaceIn, interfaceOut, direction } = rule;
  if (interfaceIn !== '' && interfaceOut !== '') return `in_${interfaceIn}!out_${interfaceOut}`;
  const name = interfaceIn || interfaceOut;
  return name === '' ? direction : `${direction}_${name}`;
}

type Interfaces = Pick<UfwRule, 'direction' | 'interfaceIn' | 'interfaceOut'>;

function parseInterfaces(word: string): Interfaces | null {
  const both = /^in_([^!]+)!out_(.+)$/.exec(word);
  if (both !== null) return { direction: 'in', interfaceIn: both[1]!, interfaceOut: both[2]! };
  const one = /^(in|out)(?:_(.+))?$/.exec(word);
  if (one === null) return null;
  const name = one[2] ?? '';
  return one[1] === 'in'
    ? { direction: 'in', interfaceIn: name, interfaceOut: '' }
    : { direction: 'out', interfaceIn: '', interfaceOut: name };
}
