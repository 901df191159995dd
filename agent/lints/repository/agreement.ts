import {
  keepalivedBlocks,
  statement,
  statementsIn,
  type Statement,
} from '../../desired/keepalived-blocks.ts';
import { atStatement, vipInstances } from './instances.ts';
import { KEEPALIVED, type Finding, type Instance, type Lint } from './lint.ts';

/** Where a keepalived says something that all must agree on. */
type Term = {
  readonly name: string;
  readonly of: (instance: Instance) => Statement | null | undefined;
  /** What keepalived takes where it is not written (keepalived.conf(5)). */
  readonly unwritten?: string;
  /** Its value is never shown. */
  readonly secret?: boolean;
};

const TERMS: readonly Term[] = [
  { name: 'virtual_router_id', of: ({ block }) => statement(block, 'virtual_router_id') },
  { name: 'advert_int', of: ({ block }) => statement(block, 'advert_int'), unwritten: '1' },
  { name: 'vrrp_version', of: vrrpVersion, unwritten: '2' },
  {
    name: 'auth_pass',
    of: ({ block }) =>
      statementsIn(block, 'authentication').findLast(({ words }) => words[0] === 'auth_pass'),
    secret: true,
  },
];

/**
 * Two keepalived that disagree here throw each other's adverts away, so both become MASTER (a wrong password: after
 * about 4 s, measured). Each host is held against the one with the highest priority.
 */
export const agreement: Lint = (linted) => {
  const [first, ...others] = vipInstances(linted);
  if (first === undefined) return [];
  return TERMS.flatMap((term) =>
    others.flatMap((other) => disagreement(term, first, other, linted.cluster.vip)),
  );
};

function disagreement(term: Term, first: Instance, other: Instance, vip: string): readonly Finding[] {
  const [there, here] = [term.of(first), term.of(other)];
  const [one, two] = [there, here].map((found) => found?.words[1]);
  // A variable says nothing by itself.
  if ((one ?? term.unwritten) === (two ?? term.unwritten) || one?.includes('$') || two?.includes('$'))
    return [];
  const name = first.host.role.hostname;
  const is = term.secret === true ? hidden(one, two, name) : shown(one, two, name);
  const sentence = `${term.name} is ${is}: they would throw each other's adverts away, and both would take ${vip}. Write the same for every node, as templates do with "it.vrrp".`;
  const found = atStatement(other, term.name, 'error', sentence);
  return [{ ...found, file: KEEPALIVED, line: here?.line ?? found.line }];
}

const shown = (one: string | undefined, two: string | undefined, name: string): string =>
  `${two ?? 'not written'} here and ${one ?? 'not written'} on ${name}`;

function hidden(one: string | undefined, two: string | undefined, name: string): string {
  if (one === undefined || two === undefined)
    return two === undefined ? `not written here, and written on ${name}` : `not written on ${name}`;
  return `not that of ${name}`;
}

function vrrpVersion({ host, block }: Instance): Statement | null | undefined {
  const global = statementsIn(keepalivedBlocks(host.keepalived ?? ''), 'global_defs');
  return statement(block, 'version') ?? global.findLast(({ words }) => words[0] === 'vrrp_version');
}
