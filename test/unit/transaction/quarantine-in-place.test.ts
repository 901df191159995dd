import { describe, expect, it } from 'vitest';
import type { Json } from '../../../agent/host/host.ts';
import type { Change } from '../../../agent/plan/change.ts';
import type { Id } from '../../../agent/resources/kind.ts';
import { pairsOf, triedBefore, withQuarantined } from '../../../agent/transaction/quarantine.ts';

const change = (id: Id, to: Json): Change => ({
  id,
  scope: null,
  secret: false,
  notify: [],
  requires: [],
  from: 'as it was',
  to,
  why: 'commit',
});
const file = change('file[/etc/a]', 'new');
const unit = change('unit[b.service]', 'runs');
const taken = withQuarantined([], {
  tx: 1,
  atMs: 0,
  of: 'commit 1f2e3d "A new a"',
  commit: null,
  why: 'b.service did not start',
  pairs: pairsOf([file, unit]),
});

describe('a change that was taken back but for a part that could not be, and was accepted', () => {
  it('is not tried again by doing the rest of it', () => {
    expect(triedBefore({ changes: [unit], observed: new Map([[file.id, file.to]]) }, taken)).not.toBeNull();
  });

  it('is another one when that part is something else by now', () => {
    expect(triedBefore({ changes: [unit], observed: new Map([[file.id, 'mended']]) }, taken)).toBeNull();
  });

  it('is not brought into force unjudged by a commit that finds all of it there', () => {
    const observed = new Map([file, unit].map(({ id, to }) => [id, to] as const));
    const isNew = (id: Id): boolean => id === file.id;
    expect(triedBefore({ changes: [], observed }, taken, isNew)).not.toBeNull();
  });

  it('stands in nobody’s way once all of it is there', () => {
    const observed = new Map([file, unit].map(({ id, to }) => [id, to] as const));
    expect(triedBefore({ changes: [change('sysctl[c]', '1')], observed }, taken)).toBeNull();
    expect(triedBefore({ changes: [], observed }, taken)).toBeNull();
  });
});
