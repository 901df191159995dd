import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { converge, type Cycle } from '../../agent/converge.ts';
import { KINDS } from '../../agent/resources/index.ts';
import { parts, type Resource } from '../../agent/resources/kind.ts';
import { sourceAsFirstSeen } from '../../agent/source/as-first-seen.ts';
import { readGeneration } from '../../agent/transaction/generations.ts';
import { readLedger, writeLedger } from '../../agent/transaction/ledger.ts';
import { endRelease } from '../../agent/transaction/released.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';
import { EXAMPLES, type Example } from './examples.ts';
import { wholeHost } from './whole-host.ts';

/** `holdfast release`, over every kind: whole cycles, whatever was there and whatever had been wanted. */

const stays = ({ id }: Resource): boolean => KINDS.get(parts(id)[0])!.leaving === 'stay';

type Released = { readonly host: FakeHost; readonly cycle: FakeCycle; readonly before: string };

/** What a package brought stays with the package, so packages are there before. */
async function managed({ prepare, wanted }: Example): Promise<Released> {
  const host = new FakeHost();
  await prepare(host);
  const cycle = new FakeCycle(host);
  const resources = wanted(host);
  for (const { id } of resources.filter(stays)) host.packages.add(parts(id)[1]);
  const before = host.snapshot();
  await cycle.commit(1, resources, true).run();
  return { host, cycle, before };
}

async function release({ host, cycle }: Released): Promise<Cycle> {
  const { generation } = await readLedger(host.state);
  const source = sourceAsFirstSeen((await readGeneration(host.state, generation))!, 'ada', () => cycle.nowMs);
  const ended = await converge({ ...cycle.tools(), source });
  host.blobs.forget();
  return ended;
}

describe.each(Object.entries({ ...EXAMPLES, 'a whole host': wholeHost }))('%s', (_name, example) => {
  const law = (name: string, holds: (released: Released) => Promise<void>): void => {
    test(name, () =>
      fc.assert(
        fc.asyncProperty(example, async (of) => {
          fc.pre(of.broken !== true);
          const host = await managed(of);
          // What could not be brought to the host was never managed.
          fc.pre((await readLedger(host.host.state)).generation > 0);
          await holds(host);
        }),
        { numRuns: 12 },
      ),
    );
  };

  law('is as it was before the first convergence, and nothing is managed', async (of) => {
    expect((await release(of)).status.outcome).toBe('released');
    expect(of.host.snapshot()).toBe(of.before);
    expect((await readLedger(of.host.state)).inventory.size).toBe(0);
  });

  law('stays so whatever is committed, until somebody resumes', async (of) => {
    await release(of);
    const { status } = await of.cycle.run();
    expect([status.outcome, of.host.log]).toEqual(['released', []]);
    expect(of.host.snapshot()).toBe(of.before);
    await endRelease(of.host.state);
    expect((await of.cycle.run()).status.outcome).not.toBe('released');
    await release(of);
    expect(of.host.snapshot()).toBe(of.before);
  });

  law(
    'is managed again at once although nobody has the virtual IP: all hosts may have been released',
    async (of) => {
      await release(of);
      await writeLedger(of.host.state, { ...(await readLedger(of.host.state)), everWell: true });
      of.cycle.health.before = {
        passed: [],
        failed: [{ id: 'https[10.1.233.1:6443]/answers', seen: 'no route' }],
      };
      await endRelease(of.host.state);
      expect((await of.cycle.run()).status).not.toMatchObject({ outcome: 'held' });
    },
  );

  law('that makes the host worse is taken back, and the host stays managed', async (of) => {
    const after = of.host.snapshot();
    of.cycle.health.unwell();
    const { status, done } = await release(of);
    // There was nothing to put back, so nothing was judged.
    if (done.length === 0) return;
    expect(status.outcome).toBe('rolled back');
    expect(of.host.snapshot()).toBe(after);
    of.cycle.health.well();
    expect((await of.cycle.run()).status.outcome).toBe('in desired state');
  });
});
