import { statement, statementsIn } from '../../desired/keepalived-blocks.ts';
import { vipInstances } from './instances.ts';
import { KEEPALIVED, type FileFinding, type Instance, type Lint } from './lint.ts';

/**
 * With `unicast_peer` an instance speaks to these alone, without it to 224.0.0.18 (keepalived.conf(5)): who is not
 * spoken to hears nobody, and takes the virtual IP as well.
 */
export const unicastPeers: Lint = (linted) => {
  const all = vipInstances(linted);
  const speaking = all.find(hasPeers);
  if (speaking === undefined) return [];
  return all.flatMap((one) =>
    hasPeers(one)
      ? lacking(one, all, linted.cluster.vip)
      : [
          at(
            one,
            `unicast_peer is not written here, and written on ${speaking.host.role.hostname}: one speaks to each node, the other to 224.0.0.18, so they would not hear each other, and both would take ${linted.cluster.vip}. Write it for every node or for none, as templates do with "it.vrrp.transport".`,
          ),
        ],
  );
};

const hasPeers = ({ block }: Instance): boolean =>
  block.blocks.some(({ head }) => head[0] === 'unicast_peer');

function lacking(one: Instance, all: readonly Instance[], vip: string): readonly FileFinding[] {
  const peers = statementsIn(one.block, 'unicast_peer').map(({ words }) => words[0] ?? '');
  // A variable says nothing by itself.
  if (peers.some((peer) => peer.includes('$'))) return [];
  const missing = all.filter((other) => other !== one && !peers.includes(addressOf(other)));
  if (missing.length === 0) return [];
  const them = missing.map((other) => `${addressOf(other)} (${other.host.role.hostname})`).join(' and ');
  const who = missing.length === 1 ? 'that node' : 'those nodes';
  return [
    at(
      one,
      `unicast_peer lacks ${them}: ${who} would not hear this one, and would take ${vip} as well. List all others, as templates do with "it.peers".`,
    ),
  ];
}

/** Where its adverts come from. */
const addressOf = ({ host, block }: Instance): string =>
  statement(block, 'unicast_src_ip')?.words[1] ?? host.role.address;

const at = ({ host, block }: Instance, sentence: string): FileFinding => ({
  severity: 'error',
  hostname: host.role.hostname,
  file: KEEPALIVED,
  line: block.blocks.find(({ head }) => head[0] === 'unicast_peer')?.line ?? block.line,
  sentence,
});
