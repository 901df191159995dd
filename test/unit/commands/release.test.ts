import { beforeEach, describe, expect, test } from 'vitest';
import { convergeCommand } from '../../../agent/commands/converge.ts';
import { pauseCommand } from '../../../agent/commands/pause.ts';
import { releaseCommand, type ReleaseOptions } from '../../../agent/commands/release.ts';
import { resumeCommand } from '../../../agent/commands/resume.ts';
import { rollbackCommand } from '../../../agent/commands/rollback.ts';
import { statusCommand, whyCommand } from '../../../agent/commands/status.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { beginOf } from './begin-of.ts';
import { Image } from './image.ts';

/** A host with a motd of its own, which Holdfast has changed; and a file that it has brought. */
let image: Image;
beforeEach(async () => {
  image = new Image();
  image.write('/etc/motd', 'as found\n');
  await image.converge({ '/etc/motd': 'one\n', '/etc/brought': 'new\n' });
  await image.converge({ '/etc/motd': 'two\n', '/etc/brought': 'new\n' });
  image.answer();
});
const release = (options: ReleaseOptions = {}): Promise<number> =>
  releaseCommand({ ...image.options, ...options }, image.environment);
const isAsFound = (): void => {
  expect(image.read('/etc/motd')).toBe('as found\n');
  expect(() => image.read('/etc/brought')).toThrow('ENOENT');
};
const isManaged = async (): Promise<void> => {
  expect(image.read('/etc/motd')).toBe('two\n');
  expect((await readLedger(image.state)).inventory.size).toBe(2);
};

describe('release', () => {
  test('puts back what was first seen, and nothing is managed any more', async () => {
    expect(await release()).toBe(0);
    expect(image.answer()).toBe(
      'This host is as it was before Holdfast; packages stay.\n' +
        'No commit is applied on it until: holdfast resume. To take the program off as well: sudo apt purge holdfast\n',
    );
    isAsFound();
    expect(await readLedger(image.state)).toMatchObject({
      generation: 3,
      inventory: new Map(),
      pinned: { released: 'ada' },
    });
  });

  test('--dry-run shows it and changes nothing', async () => {
    expect(await release({ dryRun: true })).toBe(2);
    expect(image.answer()).toMatch(
      /^kubernetes-node-1 \(MASTER, priority 100\) at the release of this host: 2 changes\n\nfile\[\/etc\/brought\]: removed \(no longer desired: put back as first seen\)\n/,
    );
    await isManaged();
  });

  test('status and why say that the host is released, and by whom', async () => {
    await release();
    image.answer();
    await statusCommand(image.options, image.environment);
    const status = image.answer();
    expect(status).toContain(
      'outcome     released: nothing is managed on this host any more, for ada released it. No commit is applied until: holdfast resume\n',
    );
    expect(status).toContain('commit      none: this host was released (generation 3)\n');
    await whyCommand(image.options, image.environment);
    expect(image.answer()).toContain('No commit is applied until: holdfast resume');
  });

  test('is over when somebody resumes, or converges by hand', async () => {
    await release();
    image.answer();
    await resumeCommand(image.options, image.environment);
    expect(image.answer()).toBe(
      'This host, which ada had released, is managed again.\nThe next cycle goes on; "sudo systemctl reload holdfast" begins one now.\n',
    );
    expect((await readLedger(image.state)).pinned).toBeNull();
    await image.converge({ '/etc/motd': 'three\n' });
    await release();
    isAsFound();
    expect(await image.converge({ '/etc/motd': 'four\n' })).toBe(0);
    expect(image.read('/etc/motd')).toBe('four\n');
  });

  test('what converge --dry-run shows does not end it', async () => {
    await release();
    await convergeCommand({ ...image.options, from: '/srv/state', dryRun: true }, image.environment);
    expect((await readLedger(image.state)).pinned).toMatchObject({ released: 'ada' });
  });

  test('a second time finds nothing to put back', async () => {
    await release();
    image.answer();
    expect(await release()).toBe(0);
    expect(image.answer()).toBe('Nothing is managed on this host, so there is nothing to put back.\n');
  });

  test('can be gone back from: what was in force is in the history', async () => {
    await release();
    expect(await rollbackCommand(undefined, image.options, image.environment)).toBe(0);
    await isManaged();
  });

  test('--json answers with the status', async () => {
    await release({ json: true });
    expect(JSON.parse(image.answer())).toMatchObject({ outcome: 'released', managed: [], commit: null });
  });
});

describe('release refuses, and changes nothing,', () => {
  test('while a change is under way', async () => {
    await (await openJournal(image.state)).append(beginOf({ tx: 4, before: 2, generation: 3 }));
    await expect(release()).rejects.toThrow(/^A change is under way \(commit 222222222222 "change 2"\)/);
    await isManaged();
  });

  test('on a paused host, unless it is asked for all the same', async () => {
    await pauseCommand({ ...image.options, reason: 'new switch' }, image.environment);
    await expect(release()).rejects.toMatchObject({
      exitCode: 5,
      message:
        'Nothing was done: ada has paused this host (new switch). Ask them; or add --while-paused to release it all the same, and the pause goes on afterwards.',
    });
    await isManaged();
    expect(await release({ whilePaused: true })).toBe(0);
    isAsFound();
  });

  test('on a host that became another one, unless it shall become what that one was', async () => {
    image.write('/etc/hostname', 'kubernetes-node-2\n');
    await expect(release()).rejects.toThrow(
      /^Generation 2 was made for kubernetes-node-1 with the address 10\.1\.1\.1, and this host is kubernetes-node-2 with .*\. It would become what that host was before Holdfast\..* or add --yes/,
    );
    await expect(release({ dryRun: true })).rejects.toThrow('Generation 2 was made for');
    await isManaged();
    expect(await release({ yes: true })).toBe(0);
    isAsFound();
  });

  test('where no desired state can be read any more, and says the way out', async () => {
    for (const n of [1, 2]) await image.state.replace(`generations/${n}.json`, '{');
    await expect(release()).rejects.toThrow(
      /generations holds none that can be read.*Let the agent converge once/,
    );
    await isManaged();
  });
});

describe('what a purge that lost power has left open', () => {
  test('is brought to its end first, and then released', async () => {
    await (await openJournal(image.state)).append(beginOf({ tx: 4, before: 2, generation: 3 }));
    expect(await release({ interrupted: true })).toBe(0);
    isAsFound();
    expect((await openJournal(image.state)).phase.phase).toBe('idle');
    image.answer();
    // And once more, when it was nearly done.
    expect(await release({ interrupted: true })).toBe(0);
    expect(image.answer()).toContain('Nothing is managed on this host');
  });

  test('is brought to its end also where it is the first one, and nothing is managed yet', async () => {
    image = new Image();
    await (await openJournal(image.state)).append(beginOf({ tx: 1, before: 0, generation: 1 }));
    expect(await release({ interrupted: true })).toBe(0);
    expect((await openJournal(image.state)).phase.phase).toBe('idle');
  });
});

test('what cannot be put back is named, and the rest is put back', async () => {
  const { inventory } = await readLedger(image.state);
  const { first } = inventory.get('file[/etc/motd]')!;
  const { sha256 } = (first as { content: { sha256: string } }).content;
  await image.state.remove(`blobs/${sha256}`);
  expect(await release()).toBe(1);
  expect(image.answer()).toMatch(
    /^This host is released, and not all of it is as it was before Holdfast:\n {2}file\[\/etc\/motd\]: .*is missing\nThe agent tries that again\.\n/,
  );
  expect(image.read('/etc/motd')).toBe('two\n');
  expect(() => image.read('/etc/brought')).toThrow('ENOENT');
  expect([...(await readLedger(image.state)).inventory.keys()]).toEqual(['file[/etc/motd]']);
});
