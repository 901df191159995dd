import { describe, expect, it } from 'vitest';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import { witness } from '../../../agent/fleet/witness.ts';
import { peerOf } from '../../support/peers.ts';
import { clusterWith, probesOf } from '../health/probes.ts';

const sees = (answers: boolean | null, seen: string | null = null, held = false): PeerAnswer =>
  peerOf({ vip: { held, answers, seen } });
const silent: PeerAnswer = { unreachable: 'no answer within 2 s' };

function asks(said: Readonly<Record<string, PeerAnswer>>, isHolder = true) {
  let asked = 0;
  const check = witness(clusterWith(), async () => {
    asked += 1;
    return new Map(Object.entries(said));
  });
  const probes = isHolder ? probesOf() : probesOf({ addresses: { eth0: ['10.1.1.2'] } });
  return { check, seen: () => check.run(probes), asked: () => asked };
}

describe('what peers see of the virtual IP decides, for its holder reaches it whatever its firewall does', () => {
  it('is about the virtual IP, and named after it', () => {
    expect(asks({}).check).toMatchObject({ id: 'witness[10.1.233.1:6443]', about: 'witness' });
  });
  it('one peer that reaches it is enough', async () => {
    expect(await asks({ b: sees(false, 'timed out'), c: sees(true) }).seen()).toEqual({ ok: true });
  });
  it('nobody reaches it: unwell, with what each of them saw', async () => {
    expect(await asks({ b: sees(false, 'timed out after 1.5 s'), c: sees(false), d: silent }).seen()).toEqual(
      {
        ok: false,
        seen: 'b does not reach it: timed out after 1.5 s; c does not reach it',
      },
    );
  });
  it('nobody can be asked: that is not known, and said', async () => {
    expect(await asks({ b: silent }).seen()).toEqual({
      ok: null,
      why: 'no other host can be asked whether the virtual IP answers (b: no answer within 2 s)',
    });
    expect(await asks({}).seen()).toMatchObject({ ok: null });
  });
  it('peers that do not know it themselves are no witnesses', async () => {
    expect(await asks({ b: sees(null), c: silent }).seen()).toEqual({
      ok: null,
      why: 'b cannot say whether the virtual IP answers',
    });
  });
  it('nor is another holder, which reaches its own', async () => {
    expect(await asks({ b: sees(true, null, true), c: sees(false, 'timed out') }).seen()).toMatchObject({
      ok: false,
    });
  });
  it('only the holder asks', async () => {
    const other = asks({ b: sees(false, 'timed out') }, false);
    expect(await other.seen()).toEqual({ ok: true });
    expect(other.asked()).toBe(0);
  });
});
