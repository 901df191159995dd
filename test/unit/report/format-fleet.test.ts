import { expect, test } from 'vitest';
import { fleetFields, formatFleet, type Fleet } from '../../../agent/report/format-fleet.ts';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import { commitOf } from '../../support/desired.ts';
import { peerOf } from '../../support/peers.ts';

const host = (n: number, answer: PeerAnswer) => ({
  name: `kubernetes-node-${n}`,
  address: `10.1.1.${n}`,
  answer,
});
const fleet = (...answers: readonly PeerAnswer[]): Fleet => ({
  vip: '10.1.233.1',
  hosts: answers.map((answer, n) => host(n + 1, answer)),
});
const master = peerOf({
  hostname: 'kubernetes-node-1',
  role: 'MASTER',
  priority: 100,
  vip: { held: true, answers: true, seen: null },
});
const two = commitOf(2).sha;

test('a well fleet is a table and nothing else', () => {
  expect(formatFleet(fleet(master, peerOf(), peerOf({ driftAgoMs: 180_000 })))).toBe(
    `host               role    VIP            commit        phase  waits for  outcome           drift      last well
kubernetes-node-1  MASTER  held, answers  111111111111  idle   -          in desired state  -          4 s ago
kubernetes-node-2  BACKUP  answers        111111111111  idle   -          in desired state  -          4 s ago
kubernetes-node-3  BACKUP  answers        111111111111  idle   -          in desired state  3 min ago  4 s ago
`,
  );
});

test('a rollout says who is at work, who waits for whom, and how far it is', () => {
  const waiting = { for: 'kubernetes-node-3', why: 'it is applying commit 222222222222' };
  const answer = formatFleet(
    fleet(
      { ...master, head: two, outcome: 'held', waiting },
      { unreachable: 'connection refused' },
      peerOf({ head: two, phase: 'verifying', changing: two }),
    ),
  );
  expect(answer).toBe(
    `host               role    VIP            commit        phase                   waits for          outcome           drift  last well
kubernetes-node-1  MASTER  held, answers  111111111111  idle                    kubernetes-node-3  held              -      4 s ago
kubernetes-node-2  -       -              -             unreachable             -                  -                 -      -
kubernetes-node-3  BACKUP  answers        111111111111  verifying 222222222222  -                  in desired state  -      4 s ago

kubernetes-node-2 (10.1.1.2) cannot be asked: connection refused.
Commit 222222222222 is in force on 0 of 2 hosts that answer.
kubernetes-node-1 waits for kubernetes-node-3: it is applying commit 222222222222.
`,
  );
});

const notes = (...answers: readonly PeerAnswer[]): readonly string[] =>
  formatFleet(fleet(...answers))
    .split('\n')
    .slice(answers.length + 1, -1)
    .filter(Boolean);

test('two hosts that hold the virtual IP, or none, are the first thing said', () => {
  expect(notes(master, { ...master, head: two })[0]).toBe(
    "2 hosts hold the virtual IP 10.1.233.1: kubernetes-node-1, kubernetes-node-2. They do not hear each other's VRRP: look at their firewalls and at keepalived's password and router id.",
  );
  expect(notes(peerOf())).toEqual(['No host holds the virtual IP 10.1.233.1.']);
  expect(notes(peerOf(), { unreachable: 'x' })[0]).toBe(
    'No host that answers holds the virtual IP 10.1.233.1.',
  );
  expect(notes({ unreachable: 'no answer within 2 s' })).toEqual([
    'kubernetes-node-1 (10.1.1.1) cannot be asked: no answer within 2 s.',
  ]);
});

test('what does not answer is said with what was seen', () => {
  const vip = { held: false, answers: false, seen: 'connection refused' };
  const apiServer = { ready: false, seen: 'HTTP 500: etcd failed' };
  expect(notes(master, peerOf({ vip, apiServer }))).toEqual([
    'The virtual IP 10.1.233.1 does not answer when kubernetes-node-2 asks: connection refused.',
    'The API server of kubernetes-node-2 is not ready: HTTP 500: etcd failed.',
  ]);
  expect(formatFleet(fleet(master, peerOf({ vip, apiServer })))).toContain('  NO ANSWER  ');
});

test('a commit that was taken back is named as long as somebody follows it', () => {
  const takenBack = [{ commit: two, why: 'https[10.1.233.1:6443]/answers: connection refused' }];
  expect(notes({ ...master, head: two }, peerOf({ takenBack }))).toContain(
    'kubernetes-node-2 took commit 222222222222 back and does not try it again: https[10.1.233.1:6443]/answers: connection refused.',
  );
  expect(notes(master, peerOf({ takenBack }))).toEqual([]);
});

test.each([
  ['pi-3', 'waits for pi-3, which is paused', 'waits for pi-3, which is paused.'],
  ['pi-3', 'pi-3 took it back: connection refused', 'does not go on: pi-3 took it back: connection refused.'],
  ['unwell VIP', 'it waits for the virtual IP to be well', 'waits for the virtual IP to be well.'],
  ['rollback', 'waits, because somebody went back.', 'waits, because somebody went back.'],
  ['pi-3', 'only 1 of 3 control plane nodes have', 'waits for pi-3: only 1 of 3 control plane nodes have.'],
])('a host that waits for %s because "%s" %s', (whom, why, said) => {
  expect(notes(master, peerOf({ waiting: { for: whom, why } }))).toContain(`kubernetes-node-2 ${said}`);
});

test('a host without a commit, and one that is paused, are told apart from a well one', () => {
  const answer = formatFleet(
    fleet(
      { ...master, paused: true },
      peerOf({ commit: null, generation: 3, role: null }),
      peerOf({ commit: null, generation: 0, outcome: 'nothing known', lastSuccessMs: null, role: 'worker' }),
      peerOf({ outcome: 'paused', paused: true, vip: { held: false, answers: null, seen: null } }),
    ),
  );
  expect(answer).toMatch(/^kubernetes-node-1 .*in desired state, paused/m);
  expect(answer).toMatch(/^kubernetes-node-2 {2}- .*generation 3/m);
  expect(answer).toMatch(/^kubernetes-node-3 {2}worker .* nothing known +- +-$/m);
  expect(answer).toMatch(/^kubernetes-node-4 {2}BACKUP {2}- .* paused +- /m);
});

test('programs get every host, and why one says nothing', () => {
  expect(fleetFields(fleet(master, { unreachable: 'connection refused' }))).toEqual({
    vip: '10.1.233.1',
    hosts: [
      { name: 'kubernetes-node-1', address: '10.1.1.1', reachable: true, why: null, status: master },
      {
        name: 'kubernetes-node-2',
        address: '10.1.1.2',
        reachable: false,
        why: 'connection refused',
        status: null,
      },
    ],
  });
});
