import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt, messages, nextCycle, statusOf } from '../support/cluster.ts';
import { committed, committedAsAt, historyOf, layerOf, untilReport } from '../support/interrupted.ts';
import { HOSTS, lab, waitFor, type JournalEntry } from '../support/lab.ts';

const host = lab.host(2);
const NOTE = '/etc/note';
const noteSays = (text: string): string => `files: { ${NOTE}: { content: "${text}\\n", header: false } }\n`;
const note = (): string => host.read(NOTE).trim();

let before = '';
beforeAll(async () => {
  before = lab.head();
  await allAt(before);
});
afterAll(async () => {
  await allAt(committedAsAt(before, [host]), HOSTS);
});

describe('another program that writes a managed file whenever it is put right', () => {
  const ID = `file[${NOTE}]`;
  let cursor = '';
  const said = (event: string): readonly JournalEntry[] =>
    host
      .journal(cursor)
      .filter((entry) => entry['HOLDFAST_EVENT'] === event && entry['HOLDFAST_RESOURCE'] === ID);

  beforeAll(async () => {
    await allAt(committed({ [layerOf(host)]: noteSays('ours') }, 'A note', [host]));
    cursor = host.cursor();
    // Once a correction is done, not in the middle of it: that would be a change that failed.
    const write = `[ -e /var/lib/holdfast/journal ] || [ "$(cat ${NOTE})" != ours ] || echo theirs >${NOTE}`;
    host.run(['systemd-run', '--quiet', '--unit=other', 'sh', '-c', `while :; do ${write}; sleep 0.2; done`]);
  });
  afterAll(() => void host.run(['systemctl', 'stop', 'other'], { allowFail: true }));

  it('is put right three times, then left, and that is said once', async () => {
    const { why } = await untilReport(host, 'contested', ({ outcome }) => outcome === 'failed');
    expect(why).toMatch(/^file\[\/etc\/note\]: it was put right 3 times within an hour.*holdfast retry/);
    await waitFor('the other program to have written', note, 10_000, (text) => text === 'theirs');
    await nextCycle(host);
    await nextCycle(host);
    expect(note()).toBe('theirs');
    expect(said('drift')).toHaveLength(3);
    expect(messages(said('cannot'))).toEqual([
      expect.stringContaining(`${ID} cannot be brought to its state`),
    ]);
    for (const verb of ['status', 'why'])
      expect(host.run(['holdfast', verb]).stdout).toMatch(/file\[\/etc\/note\].*put right 3 times/s);
  });

  it('keeps no other drift from being put right', async () => {
    host.run(['sysctl', '-qw', 'net.ipv4.ip_forward=0']);
    await nextCycle(host);
    expect(host.run(['sysctl', '-n', 'net.ipv4.ip_forward']).stdout.trim()).toBe('1');
    expect(note()).toBe('theirs');
  });

  it('is put right again after "holdfast retry"', async () => {
    host.run(['systemctl', 'stop', 'other']);
    expect(host.run(['holdfast', 'retry']).stdout).toContain(ID);
    const { outcome } = await nextCycle(host);
    expect(outcome).toBe('in desired state');
    expect(note()).toBe('ours');
    expect(said('drift')).toHaveLength(4);
  });
});

describe('a host that is paused', () => {
  it('is left as it is, commit and drift, until somebody resumes', async () => {
    await allAt(committed({ [layerOf(host)]: noteSays('before the pause') }, 'Before the pause', [host]));
    const cursor = host.cursor();
    host.run(['holdfast', 'pause', '--reason', 'A new switch']);
    host.write(NOTE, 'drift\n');
    const sha = committed({ [layerOf(host)]: noteSays('after the pause') }, 'After the pause', [host]);
    const status = await untilReport(host, 'the commit', ({ source }) => source.head === sha);
    expect(status).toMatchObject({ outcome: 'paused', paused: { reason: 'A new switch', untilMs: null } });
    await nextCycle(host);
    expect(note()).toBe('drift');
    expect(statusOf(host).commit?.sha).not.toBe(sha);
    for (const verb of ['status', 'why'])
      expect(host.run(['holdfast', verb]).stdout).toMatch(/A new switch.*holdfast resume/s);
    const paused = host.journal(cursor).filter((entry) => entry['HOLDFAST_EVENT'] === 'paused');
    expect(messages(paused)).toEqual([expect.stringContaining('A new switch')]);
    host.shell('holdfast resume; systemctl reload holdfast');
    await allAt(sha, [2]);
    expect(note()).toBe('after the pause');
  });
});

describe('holdfast rollback', () => {
  it('brings the generation before back, which stays until the next commit; history tells all of it', async () => {
    await allAt(committed({ [layerOf(host)]: noteSays('older') }, 'The older one', [host]));
    const newer = committed({ [layerOf(host)]: noteSays('newer') }, 'The newer one', [host]);
    await allAt(newer);

    expect(host.run(['holdfast', 'rollback']).stdout).toMatch(/"The older one"\) is in force again/);
    expect(note()).toBe('older');
    const status = await nextCycle(host);
    expect(status).toMatchObject({ outcome: 'held', held: { by: 'rollback', commit: { sha: newer } } });
    expect(note()).toBe('older');
    host.write(NOTE, 'drift\n');
    await nextCycle(host);
    expect(note()).toBe('older');

    const next = committed({ [layerOf(host)]: noteSays('next') }, 'The next one', [host]);
    await allAt(next, [2]);
    expect(note()).toBe('next');
    expect(historyOf(host, next).map(({ end }) => end)).toEqual(['committed']);
    const told = host.run(['holdfast', 'history']).stdout;
    const stories = ['The older one', 'The newer one', 'The older one', 'drift', 'The next one'];
    expect(told).toMatch(new RegExp(stories.join('[^]*')));
  });
});
