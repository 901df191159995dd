import type { Host } from '../../agent/host/host.ts';
import type { Target } from '../../agent/resources/kind.ts';
import { ufwRules } from '../../agent/resources/ufw-rules.ts';
import { RulesState } from '../../agent/resources/ufw-rules-state.ts';
import { ufw, UfwState } from '../../agent/resources/ufw.ts';

/** The two kinds with the types that the registry hides, for one host. */
export const PLANNING = { name: 'host', coming: new Set<string>() };

export async function observeRules(spec: unknown, host: Host): Promise<RulesState> {
  return RulesState.parse(
    (await ufwRules.observe(new Map([['host', ufwRules.scope(spec)]]), host)).get('host'),
  );
}
export async function targetOfRules(spec: unknown, host: Host): Promise<Target<RulesState>> {
  return ufwRules.target(spec, await observeRules(spec, host), PLANNING) as Target<RulesState>;
}
/** Where the rules are to go; throws when they wait or are refused. */
export async function planRules(spec: unknown, host: Host): Promise<NonNullable<RulesState>> {
  const target = await targetOfRules(spec, host);
  if ('to' in target && target.to !== null) return target.to;
  throw new Error(`there is no plan: ${JSON.stringify(target)}`);
}
export async function convergeRules(spec: unknown, host: Host): Promise<void> {
  const to = await planRules(spec, host);
  await ufwRules.enforce('host', to, host);
  const seen = await observeRules(spec, host);
  if (!ufwRules.settled(to, seen)) throw new Error(`not what was planned: ${JSON.stringify({ to, seen })}`);
}
export async function firewallAsSeen(host: Host): Promise<UfwState> {
  return UfwState.parse((await ufw.observe(new Map([['host', null]]), host)).get('host'));
}
/** Without what ufw would leave in the kernel, of which nothing is asked. */
export async function observeFirewall(host: Host): Promise<UfwState> {
  const seen = await firewallAsSeen(host);
  if (seen === null) return null;
  const { leaves: _, ...state } = seen;
  return state;
}
