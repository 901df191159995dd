import { expect, test } from 'vitest';
import { formatOpen } from '../../../agent/report/format-open.ts';
import { fold, type Begin, type Deadline, type Entry } from '../../../agent/transaction/phase.ts';

const HAPROXY = {
  unit: 'haproxy.service',
  did: 'reload',
  invocation: 'a',
  restarts: 0,
  haproxyReloads: 1,
  keepalived: null,
} as const;

const begin = (live: readonly (typeof HAPROXY)[] = [HAPROXY]): Begin =>
  ({
    t: 'begin',
    boot: 'boot 1',
    tx: 7,
    atMs: 1_000_000,
    of: 'commit 222222222222 "change 2"',
    steps: [
      { do: 'enforce', id: 'file[/etc/a]', to: { password: 'SECRET' } },
      { do: 'refresh', unit: 'haproxy.service', action: 'reload' },
    ],
    health: { live },
  }) as unknown as Begin;

const HERE = 'boot 1';
const until = (monotonicMs: number, boot = HERE): Deadline => ({ boot, monotonicMs });
const steps: readonly Entry[] = [
  { t: 'step', n: 0 },
  { t: 'step', n: 1 },
];
const back: Entry = {
  t: 'back',
  why: { where: 'gate', seen: 'https[10.1.233.1:6443]: refused' },
  quarantine: true,
};
const stuck = (attempt: number, again: Deadline): Entry => ({
  t: 'stuck',
  why: { where: 'back', seen: '/etc is read-only' },
  attempt,
  again,
});
const said = (entries: readonly Entry[], first: Begin = begin()): string | null =>
  formatOpen(fold([first, ...entries]), { nowMs: 1_012_000, boot: HERE, monotonicMs: 500_000 });
const HEAD = 'Under way for 12 s: commit 222222222222 "change 2":';

test('nothing is said where nothing is under way', () => {
  expect(formatOpen(fold([]), { nowMs: 0, boot: HERE, monotonicMs: 0 })).toBeNull();
});

test('a change that is being made names the step, and never what it writes', () => {
  expect(said([])).toBe(`${HEAD} about to make the first of 2 steps.`);
  expect(said(steps.slice(0, 1))).toBe(`${HEAD} applying: step 1 of 2: file[/etc/a].`);
  expect(said(steps)).toBe(`${HEAD} applying: step 2 of 2: systemctl reload haproxy.service.`);
});

test('a change that is being verified says what is waited for, and for how long at most', () => {
  const verify: Entry = { t: 'verify', deadline: until(800_000) };
  expect(said([...steps, verify])).toBe(
    `${HEAD} verifying: waiting until haproxy.service runs with the change, at most 5 min more.`,
  );
  expect(said([...steps, verify], begin([]))).toContain('waiting until everything runs with the change');
  expect(said([...steps, verify, { t: 'live', deadline: until(548_000) }])).toBe(
    `${HEAD} verifying: waiting until the health checks have passed, at most 48 s more.`,
  );
});

test('one that was interrupted says so, and does not count with the clock of another boot', () => {
  const before: Entry = { t: 'verify', deadline: until(90_000_000, 'boot 0') };
  expect(said([...steps, before])).toBe(
    `${HEAD} verifying: waiting until haproxy.service runs with the change, for which the time begins anew after the reboot.`,
  );
  expect(said([...steps, before, { t: 'verify', deadline: until(520_000) }])).toMatch(
    /at most 20 s more \(taken up again once after an interruption, the host was booted meanwhile\)\.$/,
  );
  const again: Entry = { t: 'verify', deadline: until(520_000) };
  expect(said([...steps, again, again, again])).toMatch(
    /\(taken up again 2 times after an interruption\)\.$/,
  );
});

test('a change that is being taken back says why', () => {
  expect(said([...steps, back])).toBe(
    `${HEAD} it is being taken back, because: https[10.1.233.1:6443]: refused.`,
  );
});

test('one that is stuck says what is wrong, how often it was tried, when it is again, and the ways out', () => {
  expect(said([...steps, back, stuck(1, until(530_000))])).toBe(
    `${HEAD} stuck on its way back, tried once: /etc is read-only. It is to go back because of this: https[10.1.233.1:6443]: refused. The next try is in 30 s. Going back is tried again by itself, and a newer commit for the same resources goes through. To accept this host as it is: holdfast settle`,
  );
  expect(said([...steps, back, stuck(3, until(90_000_000, 'boot 0'))])).toContain(
    'tried 3 times: /etc is read-only. It is to go back because of this: https[10.1.233.1:6443]: refused. The next try is in the next cycle.',
  );
});
