import { expect, it } from 'vitest';
import { allAt, reportOf, untilReported } from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';
import { MANIFEST, mostDownDuring, readyz, WITH_LABEL } from '../support/slow.ts';
import { pushed } from '../support/try-out.ts';
import { apiServersInTurns, TURNS_MS } from '../support/turns.ts';

const layerOf = (n: number): string => `hosts/kubernetes-node-${n}.yaml`;

apiServersInTurns();

it('drift of the manifest on two hosts at once is put right one after the other', async () => {
  const layers = HOSTS.map((n) => [layerOf(n), WITH_LABEL] as const);
  await allAt(pushed(Object.fromEntries(layers), 'A label for every API server'), HOSTS, TURNS_MS);
  const cursors = HOSTS.map((n) => lab.host(n).cursor());
  const most = await mostDownDuring(async () => {
    for (const n of [2, 3]) lab.host(n).run(['systemctl', 'stop', 'holdfast']);
    // One after the other, so that it is Holdfast and not the edits that take both down.
    for (const n of [2, 3]) {
      lab.host(n).shell(`sed -i 's/changed: "yes"/changed: "by hand"/' ${MANIFEST}`);
      await waitFor(
        `the API server of host ${n} to be down`,
        () => readyz(lab.host(n)),
        30_000,
        (body) => body !== 'ok',
      );
      await waitFor(
        `the API server of host ${n} to be back`,
        () => readyz(lab.host(n)),
        60_000,
        (body) => body === 'ok',
      );
    }
    for (const n of [2, 3]) lab.host(n).run(['systemctl', 'start', 'holdfast']);
    await Promise.all(
      [2, 3].map((n) =>
        untilReported(
          lab.host(n),
          'to have put its manifest right',
          ({ lastDrift, outcome }) =>
            outcome === 'in desired state' &&
            (lastDrift?.changes.some(({ id }) => id.includes(MANIFEST)) ?? false),
          TURNS_MS,
        ),
      ),
    );
  });
  expect(most).toBe(1);
  const spans = [2, 3].map((n) => reportOf(lab.host(n)).lastDrift!).toSorted((a, b) => a.atMs - b.atMs);
  expect(spans[1]!.atMs).toBeGreaterThanOrEqual(spans[0]!.atMs + spans[0]!.tookMs);
  const waited = [2, 3].flatMap((n) => lab.host(n).journal(cursors[n - 1]));
  expect(waited.map(({ MESSAGE }) => MESSAGE).join('\n')).toMatch(
    /is held: it waits for kubernetes-node-[23], which/,
  );
});
