import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt, probed } from '../support/cluster.ts';
import { lab, waitFor } from '../support/lab.ts';

/** That the lab itself is honest: every other claim about power cuts rests on it. */
describe('a host that loses its power', () => {
  const host = lab.host(1);
  const text = (name: string): string => host.read(`/srv/power/${name}`).trim();

  beforeAll(async () => {
    // Nobody else may sync: on ext4 one file's fsync takes every earlier rename of the disk along.
    host.run(['systemctl', 'stop', 'holdfast']);
    host.shell(
      'mkdir /srv/power && cd /srv/power && for name in replaced renamed rewritten; do echo old >$name; done',
    );
    host.shell('cd /srv/power && echo new >renamed.new');
    host.sync();
    host.shell(`
      cd /srv/power
      echo new >synced && sync synced .
      echo new >replaced.new && mv replaced.new replaced && sync .
      echo new >unsynced
      mv renamed.new renamed
      echo new >rewritten`);
    host.cutPower();
    await waitFor(
      'host 2 to take the VIP',
      () => lab.owners(),
      30_000,
      (owners) => owners.join() === '2',
    );
    host.boot();
  });

  afterAll(() => {
    host.shell('rm -rf /srv/power');
  });

  it('has a file that was synced together with its folder', () => {
    expect(text('synced')).toBe('new');
  });

  it('has lost what was written and not synced', () => {
    expect(host.exists('/srv/power/unsynced')).toBe(false);
    expect(text('rewritten')).toBe('old');
  });

  it('has lost a rename whose folder was not synced', () => {
    expect(text('renamed')).toBe('old');
    expect(text('renamed.new')).toBe('new');
  });

  it('has lost the text of a file that was renamed without having been synced', () => {
    expect(text('replaced')).not.toBe('new');
  });

  it('comes back with all that was synced before, and takes the virtual IP again', async () => {
    await waitFor(
      'host 1 to have the VIP again',
      () => lab.owners(),
      90_000,
      (owners) => owners.join() === '1',
    );
    await allAt(lab.head());
    const { failures, requests } = await probed(() => undefined);
    expect(requests).toBeGreaterThan(50);
    expect(failures).toBe(0);
  });
});
