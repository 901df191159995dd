import { expect, it } from 'vitest';
import { durableText, recallSightings, runtimeText } from '../../../agent/fleet/remembered.ts';
import { turn } from '../../../agent/fleet/turn.ts';
import { askedBy, MIN, NEW, NOW, peer } from './fleet-of.ts';

const applying = { 'pi-3': peer('pi-3', { phase: 'applying', changing: NEW }) } as const;
const before = askedBy('pi-2', { 'pi-3': 20 * MIN }, {}, applying).sightings;

it('an agent that starts anew knows since when a peer has been silent, and with what', () => {
  const after = recallSightings(durableText(before), runtimeText(before));
  expect(after.get('pi-3')).toMatchObject({
    silent: { sinceMs: NOW - 20 * MIN },
    met: true,
    changing: NEW,
    status: null,
  });
  const answer = turn({ ...askedBy('pi-2', {}), sightings: after }, null).answer;
  expect(answer).toMatchObject({ stop: { by: 'pi-3' } });
});
it('after a reboot it still knows with what', () => {
  expect(recallSightings(durableText(before), null).get('pi-3')).toMatchObject({
    silent: null,
    changing: NEW,
  });
});
it('at first nothing is known', () => {
  expect(recallSightings(null, null)).toEqual(new Map());
});
