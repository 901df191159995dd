import { describe, expect, it } from 'vitest';
import { allAt, differences, picture } from '../support/cluster.ts';
import {
  asItWasAfterwards,
  committed,
  committedAsAt,
  END_MS,
  historyOf,
  INTERRUPTED,
  lastEntry,
  property,
  slowChange,
  untilUnit,
} from '../support/interrupted.ts';
import { lab } from '../support/lab.ts';
import { vipIsBack } from '../support/try-out.ts';

const before = asItWasAfterwards(lab.host(1));

describe('a power cut while a change is applied to the MASTER', () => {
  const host = lab.host(1);
  const RECOVER = 'holdfast-recover.service';
  let was = '';

  /** Cut when half of a change is done; the repository says what it said before when the host comes back. */
  async function cutAndBoot(): Promise<{ readonly sha: string; readonly cursor: string }> {
    await allAt(committedAsAt(before(), [host]), [1], END_MS);
    await vipIsBack();
    was = picture(host);
    host.sync();
    const cursor = host.cursor();
    const sha = committed(slowChange(host, 'Cut'), 'A slow unit on the MASTER', [host]);
    await untilUnit(host, 'slow', 'activating');
    expect(lastEntry(host)).toMatchObject({ t: 'step' });
    host.cutPower();
    committedAsAt(before(), []);
    host.boot();
    return { sha, cursor };
  }

  async function isAsBefore(sha: string): Promise<void> {
    await allAt(lab.head(), [1], END_MS);
    expect(historyOf(host, sha)).toMatchObject([
      { end: 'rolled back', failure: expect.stringMatching(INTERRUPTED) as string, note: null },
    ]);
    await vipIsBack();
    expect(differences(was, picture(host))).toEqual([]);
  }

  it('is taken back while it boots, before HAProxy and keepalived read anything', async () => {
    const { sha } = await cutAndBoot();
    expect(property(host, RECOVER, 'Result')).toBe('success');
    const ended = Number(property(host, RECOVER, 'ExecMainExitTimestampMonotonic'));
    for (const daemon of ['haproxy', 'keepalived'])
      expect(Number(property(host, daemon, 'ExecMainStartTimestampMonotonic'))).toBeGreaterThan(ended);
    const entries = host.shell(`journalctl -b -o json --no-pager -u ${RECOVER}`).stdout;
    expect(entries).toContain('recovered-at-boot');
    await isAsBefore(sha);
  });

  it('keeps no daemon from starting when the way back hangs, and the agent does it', async () => {
    const folder = `/etc/systemd/system/${RECOVER}.d`;
    host.write(
      `${folder}/hangs.conf`,
      '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\nTimeoutStartSec=5s\n',
    );
    try {
      const { sha } = await cutAndBoot();
      expect(property(host, RECOVER, 'Result')).toBe('timeout');
      host.run(['systemctl', 'reset-failed', RECOVER]);
      await isAsBefore(sha);
    } finally {
      host.shell(`rm -r ${folder}; systemctl daemon-reload`);
    }
  });
});
