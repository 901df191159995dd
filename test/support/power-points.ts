import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { allAt, CYCLES_MS, differences, picture, reportOf } from './cluster.ts';
import { committed, committedAsAt, everyKind, lastEntry, untilReport } from './interrupted.ts';
import { lab, waitFor, type Host } from './lab.ts';
import { vipIsBack } from './try-out.ts';

/** How long after its first line in the journal the power goes: while it is applied (the first second), or judged. */
export type Point = { readonly afterMs: number };

/** Two dozen of them: dense where steps follow one another, wide where only samples do. */
export const ALL_POINTS: readonly Point[] = [
  0, 40, 80, 120, 160, 200, 250, 300, 350, 400, 500, 600, 700, 850, 1_000, 1_300, 1_700, 2_500, 4_000, 6_000,
  8_000, 10_000, 12_000, 14_000,
].map((afterMs) => ({ afterMs }));

/**
 * What was not tried before the cut must not be tried after it: it would hide where the host was. A change that has
 * begun is finished or taken back all the same.
 */
function pauseOnceBegun(host: Host): void {
  const pause = { version: 1, reason: 'the power goes', by: 'the test', sinceMs: 0, untilMs: null };
  host.write('/root/pause.json', JSON.stringify(pause), '0600');
  const line =
    'until test -e journal; do sleep 0.005; done; dd if=/root/pause.json of=pause.json conv=fsync status=none; chmod 0600 pause.json';
  host.run([
    'systemd-run',
    '--quiet',
    '--collect',
    '--working-directory=/var/lib/holdfast',
    'sh',
    '-c',
    line,
  ]);
}

/** A good change, and the power goes at this point: afterwards the host is exactly as before, or exactly as after. */
export async function cutAt({ afterMs }: Point, host: Host, head: string): Promise<'before' | 'after'> {
  const before = picture(host);
  const { generation } = reportOf(host);
  const word = `cut after ${afterMs} ms`;
  pauseOnceBegun(host);
  host.sync();
  committed(
    everyKind(host, (old) => `${old}# ${word}\n`, word),
    `A change, and the power goes after ${afterMs} ms`,
    [host],
  );
  await waitFor(
    `${host.name} to begin`,
    () => lastEntry(host)?.t,
    CYCLES_MS,
    (entry) => entry !== undefined,
    10,
  );
  await sleep(afterMs);
  host.cutPower();
  host.boot();
  const status = await untilReport(
    host,
    'paused, with nothing open',
    ({ outcome }) => outcome === 'paused',
    300_000,
  );
  expect(lastEntry(host)).toBeNull();
  await vipIsBack();
  const end = status.generation === generation ? 'before' : 'after';
  const now = picture(host);
  if (end === 'before') expect(differences(before, now)).toEqual([]);
  host.run(['holdfast', 'resume']);
  await allAt(lab.head(), [host.n], 180_000);
  // What is the whole of it is only known now.
  if (end === 'after') expect(differences(now, picture(host))).toEqual([]);
  await allAt(committedAsAt(head, [host]), [host.n], 180_000);
  expect(differences(before, picture(host))).toEqual([]);
  return end;
}
