import * as z from 'zod';
import type { Host, Reader } from '../host/host.ts';
import { kind, type Description, type Target } from './kind.ts';
import { readApps, withPorts, type Apps } from './ufw-apps.ts';
import { NOT_INSTALLED, readSettings, readText, RULES_PATH } from './ufw-files.ts';
import { formatRule } from './ufw-argv.ts';
import { describeRules } from './ufw-describe.ts';
import { enforceRules } from './ufw-enforce.ts';
import { parseRule } from './ufw-grammar.ts';
import { identityOf, isOurs, observePlaces, place, type Placed } from './ufw-placing.ts';
import { RulesState, settled, widen } from './ufw-rules-state.ts';
import { rulesIn, type KeptRule } from './ufw-rules-file.ts';
import { identity, parseTuple, perFamily, type Family, type UfwRule } from './ufw-tuple.ts';

/** Texts as behind `ufw` on a command line, in order. */
const RulesSpec = z.strictObject({ rules: z.array(z.string()) }).superRefine(({ rules }, context) => {
  for (const { index, problem } of problems(rules))
    context.addIssue({ code: 'custom', path: ['rules', index], message: problem });
});

export const ufwRules = kind({
  kind: 'ufw-rules',
  needs: 'live',
  leaving: 'restore',
  spec: RulesSpec,
  state: RulesState,
  scope: ({ rules }): readonly string[] => rules.map((text) => formatRule({ ...parsed(text), comment: '' })),
  observe: async (asked, host) => {
    const seen = new Map<string, RulesState>();
    for (const [name, scope] of asked) seen.set(name, await observe(scope, host));
    return seen;
  },
  target: ({ rules }, observed) => target(rules.map(parsed), observed),
  settled,
  widen,
  phase: () => 'rules',
  enforce: (_name, to, host: Host) => enforceRules(to, host),
  describe: (from, to): Description => describeRules(from, to),
});

function* problems(rules: readonly string[]): Generator<{ index: number; problem: string }> {
  const seen = new Map<string, string>();
  for (const [index, text] of rules.entries()) {
    const found = parseRule(text);
    if ('problem' in found) yield { index, problem: `"${text}" is not a rule of ufw's. ${found.problem}` };
    else {
      const twin = perFamily(found.rule)
        .map((one) => seen.get(identity(one)))
        .find((other) => other !== undefined);
      if (twin !== undefined)
        yield {
          index,
          problem: `"${text}" and "${twin}" are one rule for ufw, which keeps only one. Leave one out.`,
        };
      for (const one of perFamily(found.rule)) seen.set(identity(one), text);
    }
  }
}

function parsed(text: string): UfwRule {
  const found = parseRule(text);
  if ('problem' in found) throw new Error(`"${text}" is not a rule of ufw's. ${found.problem}`);
  return found.rule;
}

async function observe(scope: readonly string[], host: Reader): Promise<RulesState> {
  const settings = await readSettings(host);
  if (settings === null) return null;
  const rules = scope.map(parsed);
  const names = rules.flatMap(({ to, from }) => [to.app, from.app]).filter((name) => name !== '');
  const apps = await readApps([...new Set(names)], host.files);
  const used = new Set(
    rules
      .flatMap((rule) => withPorts(rule, apps) ?? [])
      .flatMap(perFamily)
      .map(identity),
  );
  const seen = async (family: Family): Promise<readonly Placed[]> =>
    observePlaces(rulesIn(await readText(host, RULES_PATH[family]), family), used);
  return { v4: await seen('v4'), v6: settings.ipv6 ? await seen('v6') : null, apps };
}

function target(rules: readonly UfwRule[], observed: RulesState): Target<RulesState> {
  if (observed === null) return { waiting: NOT_INSTALLED };
  const wanted: KeptRule[] = [];
  for (const rule of rules) {
    const filled = withPorts(rule, observed.apps);
    if (filled === null) return { waiting: noProfile(rule, observed.apps) };
    if (rule.family === 'v6' && observed.v6 === null)
      return {
        refused: `"${formatRule(rule)}" is for IPv6, which is switched off for ufw. Write IPV6=yes in /etc/default/ufw, or leave the rule out.`,
      };
    wanted.push(...filled.flatMap(perFamily));
  }
  const clashes = new Map(wanted.map((rule) => [rule, clashWith(rule, observed)]));
  const placed = (family: Family): readonly Placed[] =>
    place(
      wanted.filter((rule) => rule.family === family && clashes.get(rule) === null),
      observed[family] ?? [],
      family,
    );
  const to = { v4: placed('v4'), v6: observed.v6 && placed('v6'), apps: observed.apps };
  const clash = [...clashes.values()].find((said) => said !== null) ?? null;
  return clash === null ? { to } : { refused: clash, meanwhile: to };
}

function noProfile({ to, from }: UfwRule, apps: Apps): string {
  const name = [to.app, from.app].find((app) => app !== '' && apps[app] === null);
  return `ufw has no application profile "${name}" yet. The package that it belongs to brings it; or write the port, as in 22/tcp`;
}

/** ufw would replace the user's rule without a word, and leave nothing of it. */
function clashWith(rule: KeptRule, observed: NonNullable<RulesState>): string | null {
  const there = observed[rule.family]?.find(
    (one) => !isOurs(one) && identityOf(one, rule.family) === identity(rule),
  );
  const theirs = there === undefined ? null : parseTuple(there.tuple, rule.family);
  if (theirs === null || (theirs.action === rule.action && theirs.log === rule.log)) return null;
  const [own, other] = [rule, { ...theirs, comment: '' }].map((one) =>
    formatRule({ ...one, family: 'both', comment: '' }),
  );
  return `"${own}" would replace "${other}", a rule that Holdfast did not make: for ufw they are the same rule. Remove that one with "sudo ufw delete ${other}", or write "${other}" here.`;
}
