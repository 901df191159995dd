import { beforeEach, expect, test } from 'vitest';
import { converge } from '../../../agent/converge.ts';
import { sourceFromGeneration } from '../../../agent/source/from-generation.ts';
import { readGeneration } from '../../../agent/transaction/generations.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { file, pkg } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** `holdfast rollback` to a generation that needs a package which is gone by now. */

let host: FakeHost;
let cycle: FakeCycle;
beforeEach(async () => {
  host = new FakeHost().put('/etc/a', 'as found');
  cycle = new FakeCycle(host);
  await cycle.commit(1, [file(host, '/etc/a', 'one'), pkg('haproxy')]).run();
  await cycle.commit(2, [file(host, '/etc/a', 'two')], true).run();
  host.packages.delete('haproxy');
});
async function rollback(): Promise<void> {
  const source = sourceFromGeneration((await readGeneration(host.state, 1))!, () => cycle.nowMs);
  const accepted = '2'.repeat(40);
  const newest: typeof source.newest = (before) => source.newest({ ...before, accepted });
  await converge({ ...cycle.tools(), source: { newest } });
  host.blobs.forget();
}

test('is not taken for one that brought it back when only the package was', async () => {
  host.beforeEffect = (what) => {
    if (what === 'write /etc/a') throw new Error('read-only file system');
  };
  await rollback();
  expect([host.packages.has('haproxy'), host.text('/etc/a')]).toEqual([true, 'two']);
  expect((await readLedger(host.state)).pinned).toBeNull();
});

test('stays until the next commit when all of it is there', async () => {
  await rollback();
  expect(host.text('/etc/a')).toBe('one');
  expect((await readLedger(host.state)).pinned).toMatchObject({ restored: 1, head: '2'.repeat(40) });
});
