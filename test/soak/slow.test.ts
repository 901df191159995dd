import { afterEach, beforeAll, expect, it } from 'vitest';
import { differences, messages, picture, probed, reportOf } from '../support/cluster.ts';
import { waitFor } from '../support/lab.ts';
import { saidToBeTakenBack } from '../support/said.ts';
import {
  DRAINING,
  END_MS,
  isAt,
  LAYER,
  OPEN_THEN,
  readyAgain,
  slowBegins,
  slowEnds,
  THREE,
  withEdit,
} from '../support/slow.ts';
import { pushed } from '../support/try-out.ts';

/** Five minutes until nobody waits for an API server any more, and the way back. */
const NEVER_MS = 300_000 + END_MS;

beforeAll(slowBegins);
afterEach(slowEnds);

it(
  'an API server that never comes is taken back, and the one from before runs again',
  async () => {
    const before = picture(THREE);
    const cursor = THREE.cursor();
    THREE.apiServer(DRAINING);
    // Another one each time: what was taken back is not tried again, and these hosts may have been here before.
    const missing = `pki/missing-${Date.now()}.crt`;
    const content = withEdit(
      `flags: { spec.containers[name=kube-apiserver].command: { --tls-cert-file: /etc/kubernetes/${missing} } }`,
    );
    const { failures } = await probed(async () => {
      const sha = pushed({ [LAYER]: content }, 'A certificate that is not there');
      const status = await waitFor(
        'host 3 to take it back',
        () => reportOf(THREE),
        NEVER_MS,
        ({ outcome, refused }) => outcome === 'refused' && refused?.commit?.sha === sha,
      );
      saidToBeTakenBack(
        THREE,
        sha,
        /live\[kube-apiserver\]: not within 300 s: no API server listens on 10\.1\.1\.3:6443/,
        status,
        cursor,
      );
    });
    expect(differences(before, picture(THREE))).toEqual([]);
    await readyAgain();
    expect(failures).toBeLessThanOrEqual(OPEN_THEN);
  },
  NEVER_MS + END_MS,
);

it('a unit that takes 40 s to stop is waited for, and committed', async () => {
  const unit = (word: string): string => `files:
  /etc/systemd/system/slow.service:
    content: "[Service]\\nExecStart=/bin/sleep infinity\\nExecStop=/bin/sleep 40\\n[Install]\\nWantedBy=multi-user.target\\n"
    header: false
  /etc/slow.conf: { content: "${word}\\n", notify: { restart: slow.service } }
units: { slow.service: { enabled: true, running: true } }
`;
  await isAt(pushed({ [LAYER]: unit('one') }, 'A unit that stops slowly'));
  const invocation = (): string =>
    THREE.run(['systemctl', 'show', '-p', 'InvocationID,ActiveState', 'slow.service']).stdout;
  const before = invocation();
  const cursor = THREE.cursor();
  const sha = pushed({ [LAYER]: unit('two') }, 'Its configuration');
  await isAt(sha);
  expect(reportOf(THREE).lastChange).toMatchObject({ end: 'committed', failure: null, commit: { sha } });
  expect(invocation()).not.toBe(before);
  expect(invocation()).toContain('ActiveState=active');
  expect(messages(THREE.journal(cursor)).join('\n')).toContain('systemctl restart slow.service');
});
