import { beforeAll, describe, it } from 'vitest';
import { BAD, type Place } from '../support/bad-changes.ts';
import { inWords, readyToTryOut, tryOut } from '../support/try-out.ts';

const PLACES: readonly Place[] = ['MASTER', 'BACKUP', 'all'];
const ATTEMPTS = Object.values(BAD).flatMap((bad) => PLACES.map((place) => [{ bad, place }]));

beforeAll(readyToTryOut);

describe('every change that is wrong although it is valid, by itself, in every place', () => {
  it.each(ATTEMPTS.map((attempts) => [inWords(attempts), attempts] as const))('%s', (_what, attempts) =>
    tryOut(attempts),
  );
});
