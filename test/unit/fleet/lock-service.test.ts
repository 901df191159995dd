import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { endTurn, takeTurn } from '../../../agent/fleet/take-turn.ts';
import type { TurnAnswer } from '../../../agent/fleet/turn.ts';
import type { TurnQuestion, Turns } from '../../../agent/fleet/turns.ts';
import { NOTHING_SEEN } from '../../../agent/fleet/view.ts';
import type { Fleet } from '../../../agent/fleet/fleet.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import type { Held } from '../../../agent/report/status.ts';
import type { Found } from '../../../agent/source/source.ts';
import { commitOf, ROLE } from '../../support/desired.ts';
import { CLUSTER, FakeFleet, NODE } from '../../support/fake-fleet.ts';

/**
 * What asks for turns would take any lock service in place of the other hosts: here one that speaks FleetLock
 * (https://coreos.github.io/zincati/development/fleetlock/protocol/), a semaphore with one slot.
 */

type Asked = { readonly path: string; readonly protocol: string | undefined; readonly id: string };
let url: string;
let asked: Asked[];
beforeEach(async () => {
  asked = [];
  let holder: string | null = null;
  const decide = (path: string, body: string, protocol: string | undefined): string | null => {
    const { id } = (JSON.parse(body) as { client_params: { id: string } }).client_params;
    asked.push({ path, protocol, id });
    if (path === '/v1/pre-reboot') holder ??= id;
    const other = path === '/v1/pre-reboot' && holder !== id ? holder : null;
    if (path === '/v1/steady-state' && holder === id) holder = null;
    return other;
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const protocol = request.headers['fleet-lock-protocol'];
      const other = decide(request.url ?? '', body, Array.isArray(protocol) ? protocol[0] : protocol);
      const refused = { kind: 'locked', value: `${other} has the slot` };
      response.writeHead(other === null ? 200 : 409).end(other === null ? '' : JSON.stringify(refused));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

class FleetLock implements Turns {
  #me: string | null = null;
  async ask({ me }: TurnQuestion): Promise<TurnAnswer> {
    this.#me = me;
    const response = await post('pre-reboot', me);
    if (response.ok) return { go: true, warnings: [] };
    const { value } = (await response.json()) as { value: string };
    return { wait: { for: url, why: `waits for ${url}, where ${value}`, untilMs: Infinity } };
  }
  async giveBack(): Promise<void> {
    if (this.#me !== null) await post('steady-state', this.#me);
  }
}

const post = (path: string, id: string): Promise<Response> =>
  fetch(`${url}/v1/${path}`, {
    method: 'POST',
    headers: { 'fleet-lock-protocol': 'true', connection: 'close' },
    body: JSON.stringify({ client_params: { id, group: 'control-plane' } }),
  });

const { sha: commit, author, subject } = commitOf(2);
const found: Found = { newest: null, head: commitOf(2), ok: true, why: null };

/** A host whose turns come from there. */
class Host {
  readonly #fleet: Fleet = { ...new FakeFleet().open(), turns: new FleetLock() };
  readonly #name: string;
  constructor(name: string) {
    this.#name = name;
  }
  takes(): Promise<Held | null> {
    const of = {
      from: { commit, author, subject },
      role: { ...ROLE, hostname: this.#name },
      cluster: CLUSTER,
    };
    const { state, runtime } = new FakeFleet();
    const quiet = (): void => undefined;
    return takeTurn({ of, changes: [] } as unknown as Plan, found, {
      state,
      runtime,
      fleet: this.#fleet,
      view: async () => NOTHING_SEEN,
      identity: () => ({ hostname: this.#name, addresses: new Map() }),
      clock: { now: () => 7_000, monotonicMs: () => 0 },
      progress: quiet,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    });
  }
  ends(held: Held | null = null): Promise<void> {
    return endTurn({ held }, this.#fleet);
  }
}

test('one host has the turn, the other is held and says by whom, and gets it when the first has ended', async () => {
  const [three, two] = [new Host(NODE[3]), new Host(NODE[2])];
  expect(await three.takes()).toBeNull();
  const held = await two.takes();
  expect(held).toMatchObject({
    by: 'turn',
    for: url,
    why: `waits for ${url}, where ${NODE[3]} has the slot`,
  });
  await two.ends(held);
  expect(await two.takes()).toMatchObject({ by: 'turn' });
  await three.ends();
  expect(await two.takes()).toBeNull();
  await two.ends();
  expect(new Set(asked.map(({ path, protocol }) => `${path} ${protocol}`))).toEqual(
    new Set(['/v1/pre-reboot true', '/v1/steady-state true']),
  );
});
