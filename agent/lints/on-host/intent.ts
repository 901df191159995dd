import type { Cluster } from '../../desired/cluster.ts';
import { holdsAddress, keepalivedBlocks, numberOf } from '../../desired/keepalived-blocks.ts';
import type { FileReader, Json } from '../../host/host.ts';
import type { Change, Plan } from '../../plan/change.ts';
import { id, parts, type Id } from '../../resources/kind.ts';
import { BALANCERS, entrancesAt, type Balancer } from '../repository/balancers.ts';
import { KEEPALIVED } from '../repository/lint.ts';
import type { Intent } from './lint.ts';

export const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';

const NO_CLIENTS: readonly string[] = [KEEPALIVED, ...BALANCERS.map(({ file }) => file)];

type Files = Pick<FileReader, 'text' | 'read'>;

/** What a plan is about to do to the virtual IP here. Drift does nothing that was not done before. */
export async function intentOf(
  plan: Pick<Plan, 'changes' | 'steps' | 'waiting'>,
  cluster: Cluster,
  files: Files,
): Promise<Intent> {
  const { vip, apiPort } = cluster;
  const keepalived = changeOf(KEEPALIVED, plan);
  const asked = keepalived?.why === 'commit' ? keepalived : undefined;
  const before = asked && instanceOf(textOf(asked.from, files), vip);
  const after = asked && instanceOf(textOf(asked.to, files), vip);
  const routerId = after?.routerId ?? null;
  const isNew = routerId !== null && before?.routerId !== routerId;
  const pointed = plan.changes.find(
    (one) => one.why === 'commit' && pointsAt(`${vip}:${apiPort}`, one, files),
  );
  return {
    takesVip: asked && after && !before ? asked.id : null,
    routerId: asked && isNew ? { by: asked.id, routerId } : null,
    pointsAtVip: pointed?.id ?? null,
    bindsVip: await whoBinds(plan, cluster, files),
    editsManifest: changeOf(MANIFEST, plan)?.id ?? null,
    manifestWaits: plan.waiting.find((one) => one.id === id('yaml', MANIFEST))?.why ?? null,
  };
}

async function whoBinds(
  plan: Pick<Plan, 'changes' | 'steps'>,
  cluster: Cluster,
  files: Files,
): Promise<Intent['bindsVip']> {
  for (const balancer of BALANCERS) {
    const by = await bindsVip(plan, balancer, cluster, files);
    if (by !== null) return { by, balancer: balancer.name };
  }
  return null;
}

const changeOf = (path: string, { changes }: Pick<Plan, 'changes'>): Change | undefined =>
  changes.find(({ id: of }) => ['file', 'yaml'].includes(parts(of)[0]) && parts(of)[1] === path);

/** A file's bytes as text, and of the values in one that is others' their JSON. */
function textOf(state: Json, files: Pick<FileReader, 'text'>): string {
  if (typeof state === 'object' && state !== null && 'content' in state)
    return files.text(state['content'] as unknown as Parameters<FileReader['text']>[0]);
  return JSON.stringify(state);
}

function instanceOf(text: string, vip: string): { readonly routerId: number | null } | undefined {
  const block = keepalivedBlocks(text).blocks.find(
    (one) => one.head[0] === 'vrrp_instance' && holdsAddress(one, vip),
  );
  return block && { routerId: numberOf(block, 'virtual_router_id') };
}

/** A kubeconfig's `server: https://VIP:6443`. */
function pointsAt(where: string, { id: of, from, to }: Change, files: Files): boolean {
  const [kind, path] = parts(of);
  if (!['file', 'yaml'].includes(kind) || NO_CLIENTS.includes(path)) return false;
  const says = (state: Json): boolean => textOf(state, files).includes(`https://${where}`);
  return says(to) && !says(from);
}

/** Its configuration changes, or it is started or told to read it. */
async function bindsVip(
  { changes, steps }: Pick<Plan, 'changes' | 'steps'>,
  { file, unit, entrances }: Balancer,
  { vip, apiPort }: Cluster,
  files: Files,
): Promise<Id | null> {
  const change = changeOf(file, { changes });
  const its = id('unit', unit);
  const isStarted = changes.some((one) => one.id === its && isRunning(one.to));
  const isRefreshed = steps.some((step) => step.do === 'refresh' && step.unit === unit);
  const by = change?.id ?? (isStarted || isRefreshed ? its : null);
  if (by === null) return null;
  const there = change === undefined ? await files.read(file) : null;
  const text = change === undefined ? (there ? files.text(there.content) : '') : textOf(change.to, files);
  return entrancesAt(entrances(text), vip, apiPort).length > 0 ? by : null;
}

const isRunning = (to: Json): boolean =>
  typeof to === 'object' && to !== null && 'running' in to && to['running'] === true;
