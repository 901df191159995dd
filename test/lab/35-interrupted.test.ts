import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt, differences, messages, picture } from '../support/cluster.ts';
import {
  asItWasAfterwards,
  committed,
  committedAsAt,
  END_MS,
  endsOf,
  haproxyWith,
  historyOf,
  INTERRUPTED,
  killAgent,
  mainPid,
  slowChange,
  stillVerifying,
  triedHaproxy,
  untilReport,
  untilUnit,
  untilVerifying,
} from '../support/interrupted.ts';
import { lab, waitFor } from '../support/lab.ts';
import { vipIsBack } from '../support/try-out.ts';

const before = asItWasAfterwards(lab.host(3));

describe('a good change that is interrupted while it is verified', () => {
  const host = lab.host(3);

  /** Not taken back and tried again: it was never undone. */
  async function isCommitted(sha: string): Promise<void> {
    await allAt(sha, [3], END_MS);
    expect(historyOf(host, sha)).toMatchObject([{ end: 'committed', failure: null }]);
    expect(host.run(['holdfast', 'history']).stdout).toMatch(
      new RegExp(`committed +commit ${sha.slice(0, 12)}`),
    );
  }

  it('is committed after the agent was killed', async () => {
    const change = haproxyWith(host, (old) => `${old}# Killed.\n`);
    const sha = committed(change, 'A change of HAProxy while the agent is killed', [host]);
    await untilVerifying(host);
    const pid = mainPid(host);
    killAgent(host);
    expect(stillVerifying(host)).toBe(true);
    await isCommitted(sha);
    expect(mainPid(host)).not.toBe(pid);
  });

  it('does not keep the agent from stopping at once, and is committed when it is started again', async () => {
    const change = haproxyWith(host, (old) => `${old}# Stopped.\n`);
    const sha = committed(change, 'A change of HAProxy while the agent is stopped', [host]);
    await untilVerifying(host);
    host.run(['systemctl', 'stop', 'holdfast']);
    expect(stillVerifying(host)).toBe(true);
    host.run(['systemctl', 'start', 'holdfast']);
    await isCommitted(sha);
  });

  it('is committed after a reboot', async () => {
    const change = haproxyWith(host, (old) => `${old}# Rebooted.\n`);
    const sha = committed(change, 'A change of HAProxy while the host is rebooted', [host]);
    await untilVerifying(host);
    host.reboot();
    await isCommitted(sha);
    await vipIsBack();
  });

  it('is committed after a power cut', async () => {
    const change = haproxyWith(host, (old) => `${old}# Cut.\n`);
    const sha = committed(change, 'A change of HAProxy while the power is cut', [host]);
    await untilVerifying(host);
    host.cut();
    host.boot();
    await isCommitted(sha);
    await vipIsBack();
  });
});

describe('an agent that is frozen while it verifies', () => {
  const host = lab.host(3);
  const FOLDER = '/etc/systemd/system/holdfast.service.d';
  const restart = 'systemctl daemon-reload; systemctl restart holdfast';
  beforeAll(() => {
    host.write(`${FOLDER}/watchdog.conf`, '[Service]\nWatchdogSec=10s\n');
    host.shell(restart);
  });
  afterAll(() => void host.shell(`kill -CONT ${mainPid(host)}; rm -r ${FOLDER}; ${restart}`));

  it('is ended by the watchdog, and the next one commits the change', async () => {
    const cursor = host.cursor();
    const change = haproxyWith(host, (old) => `${old}# Frozen.\n`);
    const sha = committed(change, 'A change of HAProxy while the agent is frozen', [host]);
    await untilVerifying(host);
    const pid = mainPid(host);
    host.run(['kill', '-STOP', pid]);
    expect(stillVerifying(host)).toBe(true);
    await waitFor(
      'another agent',
      () => mainPid(host),
      60_000,
      (now) => now !== pid && now !== '0',
    );
    await allAt(sha, [3], END_MS);
    expect(endsOf(host, sha)).toEqual(['committed']);
    expect(messages(host.journal(cursor)).join('\n')).toMatch(/Watchdog timeout/);
  });
});

describe('a change that is interrupted while it is applied', () => {
  const host = lab.host(3);
  let was = '';
  beforeAll(async () => {
    await allAt(committedAsAt(before(), [host]), [3], END_MS);
    was = picture(host);
  });
  afterAll(() => void host.shell('rm -f /run/go-on; holdfast resume'));

  it('is not tried again when that happens twice in a row', async () => {
    const sha = committed(slowChange(host, 'Interrupted twice'), 'A unit that is interrupted twice', [host]);
    await untilUnit(host, 'slow', 'activating');
    killAgent(host);
    await waitFor(
      'it to be taken back',
      () => endsOf(host, sha),
      END_MS,
      ({ length }) => length === 1,
    );
    await untilUnit(host, 'slow', 'activating');
    killAgent(host);
    const { refused } = await untilReport(host, 'refused', ({ outcome }) => outcome === 'refused', END_MS);
    expect(refused?.reasons.join('\n')).toMatch(INTERRUPTED);
    expect(historyOf(host, sha)).toMatchObject([
      { end: 'rolled back', quarantined: false },
      { end: 'rolled back', quarantined: true },
    ]);
    expect(differences(was, picture(host))).toEqual([]);
  });

  it('is taken back exactly, then tried again, and committed', async () => {
    const change = { ...slowChange(host, 'Interrupted once'), ...triedHaproxy((old) => `${old}# Well.\n`) };
    const sha = committed(change, 'A unit that is interrupted once', [host]);
    await untilUnit(host, 'slow', 'activating');
    // So that there is a moment between the two.
    host.run(['holdfast', 'pause', '--reason', 'To look at it']);
    killAgent(host);
    await untilReport(host, 'paused', ({ outcome }) => outcome === 'paused');
    expect(historyOf(host, sha)).toMatchObject([
      {
        end: 'rolled back',
        failure: expect.stringMatching(INTERRUPTED) as string,
        note: null,
        quarantined: false,
      },
    ]);
    expect(differences(was, picture(host))).toEqual([]);
    host.shell('touch /run/go-on; holdfast resume; systemctl reload holdfast');
    await allAt(sha, [3], END_MS);
    expect(endsOf(host, sha)).toEqual(['rolled back', 'committed']);
  });
});
