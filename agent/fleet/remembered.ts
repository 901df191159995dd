import type { Sighting, Sightings } from './sightings.ts';

/** What must outlive a reboot: to be written, durably, whenever this text is another one. Seldom. */
export const durableText = (sightings: Sightings): string =>
  JSON.stringify(
    [...sightings].map(([name, { met, changing, tookBack }]) => ({ name, met, changing, tookBack })),
  );

/** What must outlive the agent, but not this boot: since when peers have been silent. For the runtime directory. */
export const runtimeText = (sightings: Sightings): string =>
  JSON.stringify([...sightings].flatMap(([name, { silent }]) => (silent === null ? [] : [{ name, silent }])));

type Durable = { readonly name: string } & Pick<Sighting, 'met' | 'changing' | 'tookBack'>;
type Silent = { readonly name: string; readonly silent: NonNullable<Sighting['silent']> };

/** `null`: there is no such file yet. Throws a SyntaxError where a text is damaged: nothing is known then. */
export function recallSightings(durable: string | null, runtime: string | null): Sightings {
  const silent = new Map(
    (JSON.parse(runtime ?? '[]') as readonly Silent[]).map((one) => [one.name, one.silent]),
  );
  return new Map(
    (JSON.parse(durable ?? '[]') as readonly Durable[]).map(({ name, met, changing, tookBack }) => [
      name,
      { status: null, askedMs: 0, answeredMs: 0, silent: silent.get(name) ?? null, met, changing, tookBack },
    ]),
  );
}
