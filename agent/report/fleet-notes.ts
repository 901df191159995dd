import type { PeerStatus } from '../fleet/peer-status.ts';
import { isUnreachable } from '../fleet/peers.ts';
import { shortSha } from '../plan/format-plan.ts';
import type { Fleet, FleetHost } from './format-fleet.ts';
import { ended } from './told.ts';

type Answered = { readonly name: string; readonly status: PeerStatus };

/** What is not as it should be among all hosts, the virtual IP first, in sentences. */
export function fleetNotes({ vip, hosts }: Fleet): readonly string[] {
  const answered = hosts.flatMap(({ name, answer }) =>
    isUnreachable(answer) ? [] : [{ name, status: answer }],
  );
  return [
    ...holders(vip, answered, hosts.length),
    ...hosts.flatMap(unreachable),
    ...rollout(answered),
    ...answered.flatMap(({ name, status }) => ofOne(name, vip, status)),
    ...takenBack(answered),
  ];
}

function holders(vip: string, answered: readonly Answered[], count: number): readonly string[] {
  const held = answered.filter(({ status }) => status.vip.held).map(({ name }) => name);
  if (held.length > 1)
    return [
      `${held.length} hosts hold the virtual IP ${vip}: ${held.join(', ')}. They do not hear each other's VRRP: look at their firewalls and at keepalived's password and router id.`,
    ];
  if (held.length === 1 || answered.length === 0) return [];
  return [
    answered.length === count
      ? `No host holds the virtual IP ${vip}.`
      : `No host that answers holds the virtual IP ${vip}.`,
  ];
}

function unreachable({ name, address, answer, fromDisk }: FleetHost): readonly string[] {
  if (isUnreachable(answer)) return [`${name} (${address}) cannot be asked: ${ended(answer.unreachable)}`];
  if (fromDisk === undefined) return [];
  return [
    `${name} is this host, and its agent does not answer (${fromDisk}): shown is what its last cycle left behind. See: systemctl status holdfast`,
  ];
}

/** How far the newest commit has come. Hosts that know different newest ones have not fetched at the same moment. */
function rollout(answered: readonly Answered[]): readonly string[] {
  const heads = [...new Set(answered.flatMap(({ status }) => status.head ?? []))];
  return heads.flatMap((head) => {
    const there = answered.filter(({ status }) => status.commit === head).length;
    if (there === answered.length) return [];
    return [`Commit ${shortSha(head)} is in force on ${there} of ${answered.length} hosts that answer.`];
  });
}

function ofOne(name: string, vip: string, status: PeerStatus): readonly string[] {
  const { waiting, apiServer } = status;
  const because = (seen: string | null): string => (seen === null ? '.' : `: ${ended(seen)}`);
  return [
    ...(status.vip.answers === false
      ? [`The virtual IP ${vip} does not answer when ${name} asks${because(status.vip.seen)}`]
      : []),
    ...(apiServer.ready === false
      ? [`The API server of ${name} is not ready${because(apiServer.seen)}`]
      : []),
    ...(waiting === null ? [] : [`${name} ${sayWaiting(waiting)}`]),
  ];
}

/** A clause that begins with what it waits for says all of it; else it is why it stops there. */
function sayWaiting({ for: whom, why }: NonNullable<PeerStatus['waiting']>): string {
  const waits = /^(?:it )?(waits\b.*)/s.exec(why)?.[1];
  if (waits !== undefined) return ended(waits);
  return why.startsWith(whom) ? `does not go on: ${ended(why)}` : `waits for ${whom}: ${ended(why)}`;
}

/** Only those that somebody still follows: older ones were mended long ago. */
function takenBack(answered: readonly Answered[]): readonly string[] {
  const followed = new Set(answered.map(({ status }) => status.head));
  return answered.flatMap(({ name, status }) =>
    status.takenBack
      .filter(({ commit }) => followed.has(commit))
      .map(
        ({ commit, why }) =>
          `${name} took commit ${shortSha(commit)} back and does not try it again: ${ended(why)}`,
      ),
  );
}
