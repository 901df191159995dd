import { afterEach, beforeAll, expect, it } from 'vitest';
import { probed, reportOf } from '../support/cluster.ts';
import { waitFor } from '../support/lab.ts';
import {
  DRAINING,
  END_MS,
  isAt,
  LAYER,
  OPEN_THEN,
  pidOf,
  readyz,
  slowBegins,
  slowEnds,
  THREE,
  WITH_LABEL,
} from '../support/slow.ts';
import { pushed } from '../support/try-out.ts';

beforeAll(slowBegins);
afterEach(slowEnds);

it('an API server that takes 45 s to start is waited for, and the virtual IP goes on answering', async () => {
  const before = pidOf(THREE);
  THREE.apiServer({ startSeconds: 45, ...DRAINING });
  const { failures } = await probed(async () => {
    const sha = pushed({ [LAYER]: WITH_LABEL }, 'A label for an API server that starts slowly');
    await waitFor(
      'host 3 to wait for its API server',
      () => THREE.run(['holdfast', 'status']).stdout,
      END_MS,
      (text) => text.includes('verifying: waiting until kube-apiserver runs with the change'),
    );
    await isAt(sha);
    expect(reportOf(THREE).lastChange).toMatchObject({ end: 'committed', failure: null, note: null });
    expect(reportOf(THREE).lastChange!.commit!.sha).toBe(sha);
  });
  expect(failures).toBeLessThanOrEqual(OPEN_THEN);
  // It is not enough that somebody answers: it is the new one.
  expect(readyz(THREE)).toBe('ok');
  expect(pidOf(THREE)).not.toBe(before);
});
