import { askPeers, isUnreachable, type Peer } from '../fleet/peers.ts';
import { fleetFields, formatFleet, type Fleet, type FleetHost } from '../report/format-fleet.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { clusterInForce } from './cluster-in-force.ts';
import { openConfig } from './open-config.ts';
import { ownStatus } from './own-status.ts';
import { placesUnder } from './places.ts';

export type FleetOptions = Pick<CommonOptions, 'config' | 'json'> & { readonly watch?: boolean };

const AGAIN_MS = 2_000;
/** Where agent.yaml says nothing else, or where there is none. */
const PORT = 9463;

/** `holdfast fleet`: what every host of the cluster says of itself. */
export async function fleetCommand(options: FleetOptions, environment: Environment): Promise<number> {
  const { machine, out, onSignal } = environment;
  const look = await lookingAround(options, environment);
  if (options.watch !== true) {
    out(shown(await look(), options));
    return EXIT.ok;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) onSignal(signal, () => stop.abort());
  while (!stop.signal.aborted) {
    const text = shown(await look(), options);
    out(options.json === true || !environment.colour ? text : redrawn(text));
    await machine.sleep(AGAIN_MS, stop.signal);
  }
  return EXIT.ok;
}

const shown = (fleet: Fleet, { json }: FleetOptions): string =>
  json === true ? `${JSON.stringify(fleetFields(fleet))}\n` : formatFleet(fleet);

/** Over what was there (ECMA-48: home, erase to the end of each line, erase below), so that nothing flickers. */
const redrawn = (text: string): string => `\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`;

/** What is asked for anew in every round: a commit may bring other hosts while somebody watches. */
async function lookingAround(options: FleetOptions, environment: Environment): Promise<() => Promise<Fleet>> {
  const { machine } = environment;
  const places = placesUnder(undefined, options.config);
  const config = openConfig(places.config, environment, true);
  const own = config?.hostname ?? machine.readIdentity().hostname;
  const port = config?.status.port ?? PORT;
  return async () => {
    const cluster = await clusterInForce(machine.openStateDirectory(places.state));
    if (cluster === null)
      throw new CommandRefused(
        'No desired state has been in force on this host yet, so it does not know the other ones. See: holdfast status',
      );
    const { vip, nodes, workers } = cluster;
    const hosts = [...nodes, ...workers].map(({ name, address }) => ({ name, address }));
    const from = hosts.find(({ name }) => name === own)?.address ?? null;
    const answers = await askPeers(hosts, { ask: machine.askStatus, port, from });
    const hostOf = async (host: Peer): Promise<FleetHost> => {
      const answer = answers.get(host.name) ?? { unreachable: 'it was not asked' };
      if (host.name !== own || !isUnreachable(answer)) return { ...host, answer };
      const left = await ownStatus(places, own, environment);
      return left === null ? { ...host, answer } : { ...host, answer: left, fromDisk: answer.unreachable };
    };
    return { vip, hosts: await Promise.all(hosts.map(hostOf)) };
  };
}
