import { describe, expect, it } from 'vitest';
import { dissent, openAgreement } from '../../../agent/fleet/agreement.ts';
import { heed, keptStopped, whyStopped } from '../../../agent/fleet/keep-stopped.ts';
import type { Live } from '../../../agent/host/host.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';
import { NEW, OLD, peer, seen, type Said } from './fleet-of.ts';

const LATER = 'c'.repeat(40);
const NODES = ['pi-1', 'pi-2', 'pi-3'];
const two = (commit: string | null, more: Parameters<typeof peer>[1] = {}): Said => ({
  'pi-2': peer('pi-2', { commit, ...more }),
  'pi-3': peer('pi-3', { commit, ...more }),
});
const who = (differing: readonly string[], said: Said) =>
  dissent(differing, { me: 'pi-1', nodes: NODES, sightings: seen('pi-1', said) });

describe('this host is on the other side than more than half of the control plane', () => {
  it('when both others have in force what differs from it', () => {
    expect(who([NEW], two(NEW))).toEqual(['pi-2', 'pi-3']);
  });
  it.each([
    ['what they have is not known to differ', [LATER], two(NEW)],
    ['only one of them has it', [NEW], { ...two(NEW), 'pi-3': peer('pi-3') }],
    ['one of them does not answer', [NEW], { ...two(NEW), 'pi-3': 1_000 }],
    ['they are in the middle of it', [NEW], two(NEW, { phase: 'verifying', changing: NEW })],
    ['they still stand ready', [NEW], two(NEW, { staged: { commit: NEW, atMs: 1 } })],
  ] as const)('not when %s', (_, differing, said) => expect(who(differing, said)).toBeNull());
  it('in a cluster of two nobody is a majority, so keepalived runs', () => {
    const sightings = seen('pi-1', { 'pi-2': peer('pi-2', { commit: NEW }) });
    expect(dissent([NEW], { me: 'pi-1', nodes: ['pi-1', 'pi-2'], sightings })).toBeNull();
  });
});

describe('which commits differ from the one in force', () => {
  const agreement = () => openAgreement(new FakeStateDirectory('/var/lib/holdfast'));
  it('after it has moved, the one that it came from', async () => {
    const sides = agreement();
    await sides.differs(OLD, NEW);
    expect(await sides.differing(OLD)).toEqual([NEW]);
    expect(await sides.differing(NEW)).toEqual([OLD]);
    // A commit after that one, which changes nothing of the kind, is on the same side.
    expect(await sides.differing(LATER)).toEqual([OLD]);
  });
  it('after it has been taken back, the one that was tried', async () => {
    const sides = agreement();
    await sides.differs(OLD, NEW);
    expect(await sides.differing(NEW)).toEqual([OLD]);
    expect(await sides.differing(OLD)).toEqual([NEW]);
  });
  it('a record that is damaged is none', async () => {
    const state = new FakeStateDirectory('/var/lib/holdfast');
    await state.replace('lockstep.json', '{"differ');
    expect(await openAgreement(state).differing(OLD)).toEqual([]);
  });
});

describe('keepalived of a host that disagrees', () => {
  const tools = () => {
    const ran: string[] = [];
    const live = {
      ready: async () => undefined,
      run: async (argv: readonly string[]) => void ran.push(argv.join(' ')),
    };
    const quiet = () => undefined;
    return {
      ran,
      runtime: new FakeStateDirectory('/run/holdfast/agent'),
      agreement: openAgreement(new FakeStateDirectory('/var/lib/holdfast')),
      live: live as unknown as Live,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    };
  };
  const where = (said: Said) => ({
    inForce: OLD,
    me: 'pi-1',
    nodes: NODES,
    sightings: seen('pi-1', said),
  });
  const inForce = { of: { from: { generation: 1, commit: OLD } } } as unknown as Plan;
  const newer = (ids: readonly string[]) =>
    ({
      of: { from: { commit: NEW, author: '', subject: '' } },
      changes: ids.map((id) => ({ id })),
    }) as unknown as Plan;

  it('is stopped, seen to it that it stays so, and not wanted running until a commit comes that agrees', async () => {
    const at = tools();
    await at.agreement.differs(OLD, NEW);
    expect(await heed(where(two(NEW)), at)).toBe(true);
    expect(await heed(where(two(NEW)), at)).toBe(false);
    // An agent that was killed before it had stopped it, or a person who started it.
    expect(at.ran).toEqual(Array(2).fill('systemctl stop -- keepalived.service'));
    expect(await keptStopped(inForce, at.runtime)).toMatchObject([
      { id: 'unit[keepalived.service]', why: expect.stringContaining('pi-2 and pi-3 have another') },
    ]);
    expect(await keptStopped(newer(['file[/etc/motd]']), at.runtime)).toEqual([]);
    // Of the same side as before: systemd would not start it, and the commit would be blamed.
    expect(await keptStopped(newer(['unit[keepalived.service]']), at.runtime)).toHaveLength(1);
  });
  it.each([
    ['the others have come back to it', two(OLD)],
    ['nobody knows what the others have', { 'pi-2': 1_000, 'pi-3': 1_000 }],
  ])('may run again when %s', async (_, said) => {
    const at = tools();
    await at.agreement.differs(OLD, NEW);
    await heed(where(two(NEW)), at);
    expect(await heed(where(said), at)).toBe(true);
    expect(await whyStopped(at.runtime)).toBeNull();
    expect(await keptStopped(inForce, at.runtime)).toEqual([]);
  });
  it('runs where nothing differs', async () => {
    const at = tools();
    expect(await heed(where(two(NEW)), at)).toBe(false);
    expect(at.ran).toEqual([]);
  });
});
