import { REPOSITORY_LINTS } from '../lints/repository/index.ts';
import {
  HAPROXY,
  KEEPALIVED,
  NGINX,
  type Finding,
  type LintedHost,
  type RuleFinding,
} from '../lints/repository/lint.ts';
import type { Json } from '../host/host.ts';
import { id, parts } from '../resources/kind.ts';
import type { Cluster } from './cluster.ts';
import type { Diagnostic } from './diagnostics.ts';
import { atRenderedLine } from './rendered-line.ts';
import type { RenderedHost } from './render.ts';
import type { Role } from './role.ts';
import type { Tree } from './tree.ts';

export type OneRendered = { readonly role: Role; readonly rendered: RenderedHost };
export type Said = {
  readonly hostname: string;
  readonly diagnostic: Diagnostic;
  readonly hostKnows: boolean;
};

/** What the lints say of all nodes of the control plane, each where it is written. */
export async function linted(
  cluster: Cluster,
  hosts: readonly OneRendered[],
  tree: Tree,
): Promise<readonly Said[]> {
  const nodes = hosts.filter(({ role }) => role.role !== 'worker');
  const given = { cluster, hosts: nodes.map(toLint) };
  const said: Said[] = [];
  for (const finding of REPOSITORY_LINTS.flatMap((lint) => lint(given))) {
    const of = nodes.find(({ role }) => role.hostname === finding.hostname);
    if (of === undefined) continue;
    const { hostname, hostKnows = false } = finding;
    said.push({ hostname, diagnostic: await place(finding, of, tree), hostKnows });
  }
  return said;
}

async function place(finding: Finding, { rendered }: OneRendered, tree: Tree): Promise<Diagnostic> {
  if ('rule' in finding) return atRule(finding, rendered);
  const { severity, file, line, sentence } = finding;
  const entry = rendered.files.get(file);
  if (entry === undefined) throw new Error(`a lint speaks of ${file}, which the repository does not write`);
  return atRenderedLine(
    { severity, file, line, message: sentence },
    textOf(file, rendered) ?? '',
    entry,
    tree,
  );
}

function atRule({ severity, rule, sentence }: RuleFinding, { rules }: RenderedHost): Diagnostic {
  const at = rule === null ? rules?.at : rules?.each.get(rule);
  if (at === undefined)
    throw new Error(`a lint speaks of the rule ${rule}, which the repository does not write`);
  return at.source.diagnose(at.path, sentence, { severity, on: rule === null ? 'key' : 'value' });
}

const toLint = ({ role, rendered }: OneRendered): LintedHost => ({
  role,
  keepalived: textOf(KEEPALIVED, rendered),
  haproxy: textOf(HAPROXY, rendered),
  nginx: textOf(NGINX, rendered),
  sysctls: Object.fromEntries(
    rendered.resources.flatMap(({ id: of, spec }) =>
      parts(of)[0] === 'sysctl' && typeof spec === 'string' ? [[parts(of)[1], spec]] : [],
    ),
  ),
  files: rendered.resources.flatMap(({ id: of, spec }) =>
    parts(of)[0] === 'file' && spec !== null ? [parts(of)[1]] : [],
  ),
  text: (path) => textOf(path, rendered),
  rules: rendered.rules === null ? null : [...rendered.rules.each.keys()],
  hasFirewall: rendered.resources.some(({ id: of, spec }) => of === UFW && isEnabled(spec)),
});

const UFW = id('ufw', 'host');
const isEnabled = (spec: Json): boolean =>
  typeof spec === 'object' && spec !== null && 'enabled' in spec && spec['enabled'] === true;

/** A file as the host will get it; `null`: the repository does not bring it, or it could not be rendered. */
function textOf(path: string, { resources, blobs }: RenderedHost): string | null {
  const spec = resources.find((one) => one.id === id('file', path))?.spec;
  if (typeof spec !== 'object' || spec === null || !('content' in spec)) return null;
  const bytes = blobs.get((spec['content'] as { readonly sha256: string }).sha256);
  return bytes === undefined ? null : new TextDecoder().decode(bytes);
}
