import { beforeAll, describe, it } from 'vitest';
import { BAD, type BadChange } from '../support/bad-changes.ts';
import { inWords, readyToTryOut, tryOut, type Attempt } from '../support/try-out.ts';

const { DEAD_PORT, TAKEN_BIND, TRACK_SCRIPT, ENDS_ON_RELOAD, CUTS_VRRP, CUTS_GIT } = BAD;
const { NO_NONLOCAL_BIND, UNIT_THAT_FAILS, VALIDATOR_THAT_HANGS, UFW_CUTS_VRRP } = BAD;

/**
 * Each of them on the MASTER and on a BACKUP, but for two that do the same on both. Two in one commit are on two hosts,
 * and neither is judged by what the other one touches. Of all hosts only one would try it (50-turns); all of them one
 * by one, everywhere and on all at once: npm run soak.
 */
const onMasterAndBackup: readonly (readonly [BadChange, BadChange])[] = [
  [DEAD_PORT, NO_NONLOCAL_BIND],
  [VALIDATOR_THAT_HANGS, DEAD_PORT],
  [TAKEN_BIND, TRACK_SCRIPT],
  [TRACK_SCRIPT, TAKEN_BIND],
  [ENDS_ON_RELOAD, CUTS_GIT],
  [CUTS_GIT, ENDS_ON_RELOAD],
  [CUTS_VRRP, UNIT_THAT_FAILS],
  [NO_NONLOCAL_BIND, UFW_CUTS_VRRP],
];

const ATTEMPTS = onMasterAndBackup.map(([master, backup]): readonly Attempt[] => [
  { bad: master, place: 'MASTER' },
  { bad: backup, place: 'BACKUP' },
]);

beforeAll(readyToTryOut);

describe('a change that is wrong although it is valid: the host is as before, the VIP answers, and it is said why', () => {
  it.each(ATTEMPTS.map((attempts) => [inWords(attempts), attempts] as const))('%s', (_what, attempts) =>
    tryOut(attempts),
  );
});
