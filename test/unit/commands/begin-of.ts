import type { Begin } from '../../../agent/transaction/phase.ts';
import { commitOf } from '../../support/desired.ts';

/** A transaction that is about to change one file, for a journal that a test writes. */
export const beginOf = (more: Partial<Begin> = {}): Begin => ({
  t: 'begin',
  boot: 'boot 1',
  version: 1,
  tx: 2,
  atMs: 1_000_000,
  of: 'commit 222222222222 "change 2"',
  commit: commitOf(2),
  before: 1,
  generation: 2,
  changes: [],
  reported: [{ id: 'file[/etc/motd]', why: 'commit', summary: ['content'] }],
  steps: [{ do: 'enforce', id: 'file[/etc/motd]', to: null }],
  units: {},
  health: null,
  inventory: [],
  quarantine: [{ id: 'file[/etc/motd]', to: 'c0ffee' }],
  everWell: false,
  pinned: null,
  ...more,
});
