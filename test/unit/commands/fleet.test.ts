import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { fleetCommand, type FleetOptions } from '../../../agent/commands/fleet.ts';
import type { Environment, Machine } from '../../../agent/commands/environment.ts';
import { writePeerStatus } from '../../../agent/fleet/write-peer-status.ts';
import { openStateDirectory } from '../../../agent/host/state-directory.ts';
import type { Asked, AskedAnswer } from '../../../agent/host/status-asker.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { commitOf } from '../../support/desired.ts';
import { peerOf } from '../../support/peers.ts';
import { beginOf } from './begin-of.ts';
import { Image } from './image.ts';

/** The command on a host whose files are those of an image, and whose peers are what the test says. */
class Fleet {
  readonly image = new Image();
  readonly asked: Asked[] = [];
  answers: Readonly<Record<string, AskedAnswer>> = {
    '10.1.1.1': { failed: 'connection refused' },
    '10.1.1.2': { body: writePeerStatus(peerOf()) },
  };
  /** What happens while somebody watches and waits. */
  whileWaiting: (signal: () => void, round: number) => void = (signal) => signal();
  colour = false;
  slept: number[] = [];
  #signal: () => void = () => undefined;

  run(options: FleetOptions = {}): Promise<number> {
    const machine: Partial<Machine> = {
      ...this.image.environment.machine,
      openStateDirectory: (path) => openStateDirectory(join(this.image.root, path)),
      readConfig: (path) => this.image.environment.machine.readConfig(join(this.image.root, path)),
      readIdentity: () => ({ hostname: 'kubernetes-node-1', addresses: new Map() }),
      askStatus: async (asked) => {
        this.asked.push(asked);
        return this.answers[asked.address] ?? { failed: 'no route to host' };
      },
      sleep: async (ms) => {
        this.slept.push(ms);
        this.whileWaiting(this.#signal, this.slept.length);
      },
    };
    const onSignal: Environment['onSignal'] = (name, act) => {
      if (name === 'SIGINT') this.#signal = act;
    };
    return fleetCommand(options, {
      ...this.image.environment,
      machine: machine as Machine,
      colour: this.colour,
      onSignal,
    });
  }
  async inForce(): Promise<void> {
    await this.image.converge({ '/etc/motd': 'one\n' });
    this.image.answer();
  }
}
let fleet: Fleet;
beforeEach(() => {
  fleet = new Fleet();
  fleet.image.cluster = (text) => `${text}  kubernetes-node-2: { address: 10.1.1.2 }\n`;
});

test('a host that knows of no cluster says where to look', async () => {
  await expect(fleet.run()).rejects.toThrow(
    'No desired state has been in force on this host yet, so it does not know the other ones. See: holdfast status',
  );
});

test('every host of the generation in force is asked, this one’s agent included, from its own address', async () => {
  await fleet.inForce();
  expect(await fleet.run()).toBe(0);
  expect(fleet.asked.map(({ address, from, port }) => `${from} → ${address}:${port}`)).toEqual([
    '10.1.1.1 → 10.1.1.1:9463',
    '10.1.1.1 → 10.1.1.2:9463',
  ]);
  const lines = fleet.image.answer().split('\n');
  expect(lines[1]).toMatch(/^kubernetes-node-1 {2}MASTER .* generation 1 +idle .* changed /);
  expect(lines[2]).toMatch(/^kubernetes-node-2 {2}BACKUP {2}answers .*111111111111/);
  expect(lines.slice(3)).toContain(
    'kubernetes-node-1 is this host, and its agent does not answer (connection refused): shown is what its last cycle left behind. See: systemctl status holdfast',
  );
});

test('what its own agent says goes before what it wrote down last', async () => {
  await fleet.inForce();
  const said = peerOf({ hostname: 'kubernetes-node-1', phase: 'stuck', commit: commitOf(7).sha });
  fleet.answers = { '10.1.1.1': { body: writePeerStatus(said) } };
  await fleet.run();
  const answer = fleet.image.answer();
  expect(answer).toMatch(/^kubernetes-node-1 .*777777777777 {2}stuck/m);
  expect(answer).not.toContain('left behind');
  expect(answer).toContain('kubernetes-node-2 (10.1.1.2) cannot be asked: no route to host.');
});

test('a change that is under way is seen although its agent does not answer', async () => {
  await fleet.inForce();
  await (await openJournal(fleet.image.state)).append(beginOf());
  await fleet.run();
  expect(fleet.image.answer()).toMatch(/^kubernetes-node-1 .* applying 222222222222/m);
});

test('the port and the name of agent.yaml are used', async () => {
  await fleet.inForce();
  fleet.image.write(
    '/etc/holdfast/agent.yaml',
    'repository: { url: /srv/state.git }\nhostname: kubernetes-node-2\nstatus: { port: 9999 }\n',
  );
  await fleet.run();
  expect(fleet.asked.map(({ from, port }) => `${from} ${port}`)).toEqual(['10.1.1.2 9999', '10.1.1.2 9999']);
});

test('programs get one line of JSON', async () => {
  await fleet.inForce();
  await fleet.run({ json: true });
  const answer = fleet.image.answer();
  expect(answer.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(answer)).toMatchObject({
    vip: '10.1.233.1',
    hosts: [
      { name: 'kubernetes-node-1', reachable: false, why: 'connection refused', status: { generation: 1 } },
      { name: 'kubernetes-node-2', reachable: true, status: { commit: commitOf(1).sha } },
    ],
  });
});

test('whoever watches at a terminal sees one table that changes, every two seconds, until Ctrl-C', async () => {
  await fleet.inForce();
  fleet.colour = true;
  fleet.whileWaiting = (signal, round) => {
    fleet.answers = { '10.1.1.2': { failed: 'connection refused' } };
    if (round === 2) signal();
  };
  expect(await fleet.run({ watch: true })).toBe(0);
  const rounds = fleet.image.answer().split('\u001b[H').slice(1);
  expect(rounds).toHaveLength(2);
  expect(rounds[0]).toMatch(/kubernetes-node-2 {2}BACKUP/);
  expect(rounds[1]).toMatch(/kubernetes-node-2 .*unreachable/);
  expect(rounds.every((text) => text.endsWith('\u001b[J') && text.includes('\u001b[K\n'))).toBe(true);
  expect(fleet.slept).toEqual([2_000, 2_000]);
});

test('watching without a terminal writes one table after the other', async () => {
  await fleet.inForce();
  fleet.whileWaiting = (signal, round) => void (round === 2 && signal());
  await fleet.run({ watch: true });
  const answer = fleet.image.answer();
  expect(answer).not.toContain('\u001b');
  expect(answer.match(/^host /gm)).toHaveLength(2);
});
