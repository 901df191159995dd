/** A node of cluster.yaml, as turns see it. `priority` null: a worker. */
export type FleetNode = { readonly name: string; readonly priority: number | null };

/** What is known of the hosts that bears on the order. */
export type OrderFacts = {
  /** Who holds the virtual IP, wherever it is: more than one while hosts disagree, none while nobody says so. */
  readonly holders: ReadonlySet<string>;
  /** Hosts whose way back did not succeed. */
  readonly stuck: ReadonlySet<string>;
};

/**
 * Who goes before whom, the same on every host that reads the same cluster.yaml: the lowest priority first, equal ones
 * by name, workers after the control plane (as Kubernetes has it: a kubelet must not be newer than its API server; and
 * a commit that mends the virtual IP must not queue behind workers). What the user's own order leaves out follows.
 */
export function precedence(nodes: readonly FleetNode[], order: readonly string[] | null): readonly string[] {
  const byDefault = nodes
    .toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
  const listed = (order ?? []).filter((name) => byDefault.includes(name));
  return [...listed, ...byDefault.filter((name) => !listed.includes(name))];
}

const rank = ({ priority }: FleetNode): number => priority ?? 1_000;

/**
 * As it is now: whoever holds the virtual IP is the last one of the control plane, unless the user's order names it;
 * and a stuck host is the first of all, for everybody else waits for it, and the commit may be what mends it.
 */
export function turnOrder(
  nodes: readonly FleetNode[],
  order: readonly string[] | null,
  { holders, stuck }: OrderFacts,
): readonly string[] {
  const workers = new Set(nodes.filter(({ priority }) => priority === null).map(({ name }) => name));
  const listed = new Set(order);
  const place = (name: string): number => {
    if (stuck.has(name)) return 0;
    if (listed.has(name)) return 1;
    return workers.has(name) ? 4 : holders.has(name) ? 3 : 2;
  };
  const still = precedence(nodes, order);
  return still.toSorted((a, b) => place(a) - place(b) || still.indexOf(a) - still.indexOf(b));
}
