import { describe, expect, it } from 'vitest';
import { waitForWellVip } from '../../../agent/health/well-vip.ts';
import { VIP } from './probes.ts';

const UNWELL = { failed: [{ id: 'https[10.1.233.1:6443]/answers', seen: 'connection refused' }] };
const at = Date.UTC(2026, 0, 1, 12);
const asking = (more: object = {}) =>
  waitForWellVip({ everWell: true, baseline: UNWELL, vip: VIP, waitingSinceMs: null, nowMs: at, ...more });

describe('a new commit', () => {
  it('waits while the virtual IP is unwell, and says for what and how long at most', () => {
    expect(asking()).toEqual({
      hold: 'it waits for the virtual IP to be well before it changes anything, at most until 12:10:00 UTC: https[10.1.233.1:6443]/answers: connection refused',
      sinceMs: at,
    });
  });
  it('goes on waiting since when it began', () => {
    expect(asking({ waitingSinceMs: at - 60_000 })).toMatchObject({ sinceMs: at - 60_000 });
  });
  it('goes ahead when the virtual IP is well', () => {
    expect(asking({ baseline: { failed: [] } })).toEqual({ go: true });
    expect(asking({ baseline: { failed: [{ id: 'unit[nginx.service]', seen: 'failed' }] } })).toEqual({
      go: true,
    });
  });
  it('goes ahead after ten minutes, for it may be what mends it', () => {
    expect(asking({ waitingSinceMs: at - 600_000 })).toEqual({ go: true });
  });
  it('goes ahead in a cluster that has never been well: there is nothing to wait for', () => {
    expect(asking({ everWell: false })).toEqual({ go: true });
  });
  it('begins to wait anew when the clock was set back', () => {
    expect(asking({ waitingSinceMs: at + 3_600_000 })).toMatchObject({ sinceMs: at });
  });
});
