import type { Bench, FileOnDisk } from '../host/host.ts';
import { parts, type Id, type Resource } from '../resources/kind.ts';
import { isFileOnDisk } from '../resources/state.ts';
import { showUnits } from '../resources/show-units.ts';
import type { NotNow, Plan } from './change.ts';
import { withoutSecrets } from './without-secrets.ts';

/** A validator that has not ended after so long is taken for hung. */
const VALIDATOR_LIMIT_MS = 30_000;

/** Who guards what the host must not lose: given a plan, why not, and for which resources. */
export type Guard = (plan: Plan) => Promise<readonly NotNow[]>;

/** Looks at what only the host can tell. Every sentence is a reason not to start; none means go on. */
export async function preflight(
  plan: Plan,
  bench: Bench,
  guards: readonly Guard[],
): Promise<readonly NotNow[]> {
  if (plan.steps.length === 0) return [];
  const found = [validators(plan, bench), reloadable(plan, bench), ...guards.map((guard) => guard(plan))];
  return (await Promise.all(found)).flat();
}

/** The desired files are laid out beside each other, so that a configuration finds the files that it includes. */
async function validators(plan: Plan, bench: Bench): Promise<readonly NotNow[]> {
  const staged = new Map<string, FileOnDisk>();
  for (const { id, to } of plan.changes)
    if (parts(id)[0] === 'file' && isFileOnDisk(to)) staged.set(parts(id)[1], to);
  const said: NotNow[] = [];
  for (const resource of plan.of.resources)
    if (parts(resource.id)[0] === 'file' && staged.has(parts(resource.id)[1]))
      said.push(...(await validate(resource, staged, bench, plan.of)));
  return said;
}

async function validate(
  resource: Resource,
  staged: ReadonlyMap<string, FileOnDisk>,
  bench: Bench,
  of: Plan['of'],
): Promise<readonly NotNow[]> {
  const said: NotNow[] = [];
  for (const argv of resource.validate) {
    const why = await refusal(resource, argv, staged, bench, of);
    if (why !== null) said.push({ id: resource.id, why });
  }
  return said;
}

/** A check that cannot be made (a full /run) speaks against its own file alone: what needs none must go on. */
async function refusal(
  resource: Resource,
  argv: readonly string[],
  staged: ReadonlyMap<string, FileOnDisk>,
  bench: Bench,
  of: Plan['of'],
): Promise<string | null> {
  try {
    const verdict = await bench.check(argv, parts(resource.id)[1], staged, VALIDATOR_LIMIT_MS);
    if (verdict.ok) return null;
    const why = withoutSecrets(verdict.why, of.resources, bench.files);
    return `its check refused it: ${why}${seeIt(resource, of.role.hostname, why)}`;
  } catch (cause) {
    return `it cannot be checked: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** A check speaks of lines of the file as it is on the host, and nobody has those: the repository holds a template. */
function seeIt({ id }: Resource, hostname: string, why: string): string {
  const said = why.slice(why.indexOf('" ') + 1);
  return said.includes(parts(id)[1])
    ? `\n  See the file with: holdfast render . --host ${hostname} --out DIR`
    : '';
}

/** A unit without ExecReload= would fail at the very end of a change, so it is said before the start. */
async function reloadable(plan: Plan, bench: Bench): Promise<readonly NotNow[]> {
  const names = plan.steps.flatMap((step) =>
    step.do === 'refresh' && step.action === 'reload' ? [step.unit] : [],
  );
  if (names.length === 0 || bench.live === null) return [];
  const shown = await showUnits(names, ['CanReload'], bench.live);
  const cannot = names.filter((name) => shown.get(name)?.['CanReload'] === 'no');
  const notifiers = (unit: string): readonly Id[] =>
    plan.changes.filter(({ notify }) => notify.some((n) => n.unit === unit)).map(({ id }) => id);
  return cannot.flatMap((name) =>
    notifiers(name).map((id) => ({
      id,
      why: `${name} cannot reload its configuration. Write "notify: { restart: ${name} }" instead of reload.`,
    })),
  );
}
