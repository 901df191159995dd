import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../agent/report/status.ts';
import { installCrashDriver, type CrashDriver } from '../support/crash-driver.ts';
import { allAt, differences, picture } from '../support/cluster.ts';
import { committedAsAt, deadServers, everyKind } from '../support/interrupted.ts';
import { HOSTS, lab } from '../support/lab.ts';

/**
 * The agent killed with -9 before and after its effects on a booted host, a BACKUP: the effects are those of a run that
 * nobody disturbs. The short form tries some of them, evenly spread; HOLDFAST_SOAK=1 all.
 */
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const TIMEOUT_MS = SOAK ? 6 * 3_600_000 : 900_000;
const host = lab.host(2);

const GOOD = everyKind(host, (old) => `${old}# Good.\n`);
const BAD = everyKind(host, deadServers);

let head = '';
let before = '';
let driver: CrashDriver;
const status = (): Status => host.status() as unknown as Status;
const isOpen = (): boolean => host.exists('/var/lib/holdfast/journal');
const now = (): readonly string[] => differences(before, picture(host));

beforeAll(async () => {
  head = lab.head();
  await allAt(head);
  host.run(['systemctl', 'stop', 'holdfast']);
  driver = installCrashDriver(host);
  driver.converge();
  before = picture(host);
});
afterAll(async () => {
  host.run(['holdfast', 'retry']);
  host.run(['systemctl', 'start', 'holdfast']);
  await allAt(committedAsAt(head, [host]), HOSTS, 180_000);
});

/** The state repository says what it said at first, and so does the host. */
function asBefore(): void {
  lab.git('read-tree', '-u', '--reset', head);
  lab.commit({}, 'As it was');
  host.run(['holdfast', 'retry']);
  driver.converge();
  expect(now()).toEqual([]);
}

/** All of them, or so many, evenly spread, the first and the last included. */
function some(boundaries: readonly string[], many: number): readonly number[] {
  expect(boundaries).not.toEqual([]);
  const all = [...boundaries.keys()];
  if (SOAK) return all;
  return all.filter((n) => Math.floor((n * many) / all.length) !== Math.floor(((n - 1) * many) / all.length));
}

describe('a good change', () => {
  let after: readonly string[] = [];
  let boundaries: readonly string[] = [];

  it(
    'changes all that it names when nobody disturbs it',
    () => {
      lab.commit(GOOD, 'A change that is well');
      const driven = driver.converge();
      expect([driven?.told, isOpen()]).toEqual(['changed', false]);
      after = now();
      expect(after.join('\n')).toMatch(/tcp_keepalive_time:1234[\s\S]*8099/);
      ({ boundaries } = driven!);
      asBefore();
    },
    TIMEOUT_MS,
  );

  it(
    'killed anywhere in it, is there as a whole or not at all, and goes on',
    () => {
      for (const n of some(boundaries, 4)) {
        lab.commit(GOOD, `A change that is killed at ${n}`);
        const { generation } = status();
        expect(driver.converge(n), boundaries[n]).toBeNull();
        driver.recover();
        const differs = now();
        expect([[], after], `killed ${boundaries[n]}`).toContainEqual(differs);
        expect([isOpen(), status().resources > 0]).toEqual([false, true]);
        expect(driver.converge()?.told, `after ${boundaries[n]}`).toMatch(/^(changed|in desired state)$/);
        expect(now()).toEqual(after);
        expect(status().generation).toBe(generation + 1);
        asBefore();
      }
    },
    TIMEOUT_MS,
  );
});

describe('a bad change', () => {
  let boundaries: readonly string[] = [];

  it(
    'is taken back when nobody disturbs it',
    () => {
      lab.commit(BAD, 'A change that breaks the balancer');
      const driven = driver.converge();
      expect([driven?.told, now(), isOpen()]).toEqual(['rolled back', [], false]);
      boundaries = driven!.boundaries;
    },
    TIMEOUT_MS,
  );

  it(
    'killed anywhere on the way there or back, is gone',
    () => {
      const way = boundaries.findIndex((where) => where.includes('remove reserve'));
      const chosen = SOAK ? some(boundaries, 0) : some(boundaries.slice(way), 3).map((n) => n + way);
      for (const n of chosen) {
        host.run(['holdfast', 'retry']);
        expect(driver.converge(n), boundaries[n]).toBeNull();
        driver.recover();
        expect(now(), `killed ${boundaries[n]}`).toEqual([]);
        expect([isOpen(), status().commit?.sha === head]).toEqual([false, false]);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'killed again while that is recovered, is gone',
    () => {
      const way = boundaries.findIndex((where) => where.includes('remove reserve'));
      for (const m of SOAK ? Array.from({ length: 30 }).keys() : [11]) {
        host.run(['holdfast', 'retry']);
        expect(driver.converge(way + 6)).toBeNull();
        if (driver.recover(m) !== null) break;
        driver.recover();
        expect(now(), `recovery killed at ${m}`).toEqual([]);
        expect(isOpen()).toBe(false);
      }
      asBefore();
    },
    TIMEOUT_MS,
  );
});
