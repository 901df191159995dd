import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt } from '../support/cluster.ts';
import { lab } from '../support/lab.ts';
import { backTogether, FIELDS, inSeconds, movedTogether, SOON_S } from '../support/lockstep.ts';

beforeAll(() => allAt(lab.head()));
afterAll(backTogether);

describe('what all hosts must agree on, changed on all of them at one moment', () => {
  it.each(Object.entries(FIELDS))('the %s: two owners for at most 1 s, none for at most 5 s', async (what, change) => {
    const { twoForMs, nobodyForMs, story } = await movedTogether(what, change(inSeconds(SOON_S)));
    console.log(`${what}: two owners for ${twoForMs} ms, none for ${nobodyForMs} ms: ${story.join('; ')}`);
    expect({ twoForMs, story }).toEqual({ twoForMs: expect.toSatisfy((ms: number) => ms <= 1_000), story });
    expect(nobodyForMs).toBeLessThanOrEqual(5_000);
    const back = await backTogether();
    expect(back?.twoForMs ?? 0).toBeLessThanOrEqual(1_000);
    expect(back?.nobodyForMs ?? 0).toBeLessThanOrEqual(5_000);
  });
});
