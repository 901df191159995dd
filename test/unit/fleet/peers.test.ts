import { expect, test } from 'vitest';
import { askPeers, isUnreachable, type Peer } from '../../../agent/fleet/peers.ts';
import { writePeerStatus } from '../../../agent/fleet/write-peer-status.ts';
import type { Asked, AskedAnswer } from '../../../agent/host/status-asker.ts';
import { peerOf } from '../../support/peers.ts';

const PEERS: readonly Peer[] = [1, 2, 3].map((n) => ({
  name: `kubernetes-node-${n}`,
  address: `10.1.1.${n}`,
}));
const said = (n: number): AskedAnswer => ({
  body: writePeerStatus(peerOf({ hostname: `kubernetes-node-${n}` })),
});

test('all peers are asked at once, each within two seconds, from this host’s own address', async () => {
  const asked: Asked[] = [];
  const answers: ((answer: AskedAnswer) => void)[] = [];
  const pending = askPeers(PEERS, {
    ask: (one) => new Promise((resolve) => void (asked.push(one), answers.push(resolve))),
    port: 9463,
    from: '10.1.1.9',
  });
  const each = { port: 9463, path: '/status', from: '10.1.1.9', timeoutMs: 2_000 };
  expect(asked).toEqual(PEERS.map(({ address }) => ({ address, ...each })));
  answers.forEach((answer, n) => answer(said(n + 1)));
  expect([...(await pending).keys()]).toEqual(PEERS.map(({ name }) => name));
});

test('each peer answers for itself, and one that does not says why', async () => {
  const of: Record<string, AskedAnswer> = {
    '10.1.1.1': { failed: 'connection refused' },
    '10.1.1.2': said(2),
    '10.1.1.3': { body: '{"version":1}' },
  };
  const answers = await askPeers(PEERS, { ask: async ({ address }) => of[address]!, port: 1, from: null });
  expect(answers.get('kubernetes-node-1')).toEqual({ unreachable: 'connection refused' });
  expect(answers.get('kubernetes-node-2')).toEqual(peerOf());
  expect(answers.get('kubernetes-node-3')).toEqual({ unreachable: 'unreadable answer' });
  expect([...answers.values()].map(isUnreachable)).toEqual([true, false, true]);
});

test('another host at the address of a peer does not speak for it', async () => {
  const answers = await askPeers([PEERS[0]!], { ask: async () => said(3), port: 1, from: null });
  expect(answers.get('kubernetes-node-1')).toEqual({ unreachable: 'kubernetes-node-3 answers at 10.1.1.1' });
});

test('in brief they are asked for what they know without asking others', async () => {
  const paths: string[] = [];
  const ask = async ({ path }: Asked): Promise<AskedAnswer> => {
    paths.push(path);
    return said(1);
  };
  await askPeers([PEERS[0]!], { ask, port: 1, from: null, brief: true });
  await askPeers([PEERS[0]!], { ask, port: 1, from: null, brief: false });
  expect(paths).toEqual(['/status/brief', '/status']);
});
