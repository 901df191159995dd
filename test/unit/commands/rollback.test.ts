import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { pauseCommand } from '../../../agent/commands/pause.ts';
import { rollbackCommand, type RollbackOptions } from '../../../agent/commands/rollback.ts';
import { readGeneration, writeGeneration } from '../../../agent/transaction/generations.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger, writeLedger } from '../../../agent/transaction/ledger.ts';
import { commitOf } from '../../support/desired.ts';
import { beginOf } from './begin-of.ts';
import { Image } from './image.ts';

/** A host whose motd was one, two and three in turn. */
let image: Image;
beforeEach(async () => {
  image = new Image();
  for (const motd of ['one\n', 'two\n', 'three\n']) await image.converge({ '/etc/motd': motd });
  image.answer();
});
const rollback = (generation?: string, options: RollbackOptions = {}): Promise<number> =>
  rollbackCommand(generation, { ...image.options, ...options }, image.environment);
const ledger = () => readLedger(image.state);

describe('rollback', () => {
  test('brings back the generation before, as a new one that stays', async () => {
    image.nowMs += 3_600_000;
    expect(await rollback()).toBe(0);
    expect(image.answer()).toBe(
      'Generation 2 is in force again, as generation 4. To go forward again: holdfast rollback 3\nThis host is changed, and now in desired state.\n',
    );
    expect(image.read('/etc/motd')).toBe('two\n');
    expect(await ledger()).toMatchObject({
      generation: 4,
      pinned: { restored: 2, head: null, atMs: image.nowMs },
    });
    const { candidate } = (await readGeneration(image.state, 4))!;
    expect(candidate.resources).toEqual((await readGeneration(image.state, 2))!.candidate.resources);
  });

  test('a second time goes further back, not forward again', async () => {
    await rollback();
    expect(await rollback()).toBe(0);
    expect(image.read('/etc/motd')).toBe('one\n');
    expect(await ledger()).toMatchObject({ generation: 5, pinned: { restored: 1 } });
    await expect(rollback()).rejects.toThrow(
      /^This host has no older generation that says something else\. It has:\n  5  0 s ago {7}from a directory \(in force\)\n  4 /,
    );
  });

  test('brings back the generation that is named, forward too', async () => {
    await rollback('1');
    expect(image.read('/etc/motd')).toBe('one\n');
    await rollback('3');
    expect(image.read('/etc/motd')).toBe('three\n');
    expect(await ledger()).toMatchObject({ generation: 5 });
  });

  test('keeps the commit that the generation was of, and leaves accepted history where it is', async () => {
    for (const n of [1, 2, 3]) {
      const generation = (await readGeneration(image.state, n))!;
      await writeGeneration(image.state, { ...generation, commit: commitOf(n) });
    }
    await writeLedger(image.state, { ...(await ledger()), accepted: commitOf(3).sha });
    await rollback('1');
    expect(image.answer()).toContain(
      'Generation 1 (commit 111111111111 "change 1") is in force again, as generation 4. It stays until there is a commit newer than 333333333333 in the state repository. To go forward again: holdfast rollback 3\n',
    );
    const head = commitOf(3).sha;
    expect(await ledger()).toMatchObject({ accepted: head, pinned: { restored: 1, head } });
    expect((await readGeneration(image.state, 4))!.commit).toEqual(commitOf(1));
  });

  test('leaves out generations that say the same in other lines of the repository', async () => {
    const two = (await readGeneration(image.state, 2))!;
    const three = (await readGeneration(image.state, 3))!;
    const moved = three.candidate.resources.map((resource) => ({
      ...resource,
      origin: { file: 'defaults.yaml', line: 99, column: 1 },
    }));
    await writeGeneration(image.state, { ...two, candidate: { ...three.candidate, resources: moved } });
    await rollback();
    expect(image.read('/etc/motd')).toBe('one\n');
  });

  test('may take most of what is managed away: it was not there then', async () => {
    await image.converge({ '/etc/motd': 'four\n', '/etc/a': 'a', '/etc/b': 'b', '/etc/c': 'c' });
    expect(await rollback()).toBe(0);
    expect(() => image.read('/etc/a')).toThrow('ENOENT');
    expect(image.read('/etc/motd')).toBe('three\n');
  });

  test('--dry-run shows it and changes nothing', async () => {
    expect(await rollback('1', { dryRun: true })).toBe(2);
    expect(image.answer()).toMatch(
      /^kubernetes-node-1 \(MASTER, priority 100\) at generation 1: 1 change\n\nfile\[\/etc\/motd\]: content\n/,
    );
    expect(image.read('/etc/motd')).toBe('three\n');
    expect(await ledger()).toMatchObject({ generation: 3, pinned: null });
  });

  test('whoever watches sees the plan before it is carried out', async () => {
    await rollbackCommand('1', image.options, { ...image.environment, watched: true });
    const answer = image.answer();
    expect(answer.indexOf('at generation 1: 1 change')).toBe(
      'kubernetes-node-1 (MASTER, priority 100) '.length,
    );
    expect(answer.indexOf('Generation 1 is in force again')).toBeGreaterThan(0);
  });
});

describe('rollback refuses, and changes nothing,', () => {
  const refused = async (asked: Promise<number>, exitCode = 1): Promise<string> => {
    const why = await asked.then(
      () => 'it was not refused',
      (cause: { message: string; exitCode: number }) => `${cause.exitCode}: ${cause.message}`,
    );
    expect(image.read('/etc/motd')).toBe('three\n');
    expect(await ledger()).toMatchObject({ generation: 3, pinned: null });
    expect(why.slice(0, why.indexOf(':'))).toBe(String(exitCode));
    return why.slice(why.indexOf(':') + 2);
  };

  test('a generation that there is not, and names those there are', async () => {
    expect(await refused(rollback('7'))).toBe(
      [
        'There is no generation 7 on this host. It has:',
        '  3  0 s ago       from a directory (in force)',
        '  2  60 min ago    from a directory',
        '  1  2 h ago       from a directory',
      ].join('\n'),
    );
    expect(await refused(rollback('two'), 64)).toMatch(/^"two" is not the number of a generation\./);
  });

  test('one that was prepared and never came into force', async () => {
    const three = (await readGeneration(image.state, 3))!;
    await writeGeneration(image.state, { ...three, generation: 4 });
    expect(await refused(rollback('4'))).toMatch(/^There is no generation 4 on this host\./);
  });

  test('the one in force, and one that says the same', async () => {
    expect(await refused(rollback('3'))).toMatch(/^Generation 3 is in force already: nothing was done\./);
    const two = (await readGeneration(image.state, 2))!;
    const three = (await readGeneration(image.state, 3))!;
    await writeGeneration(image.state, { ...two, candidate: three.candidate });
    expect(await refused(rollback('2'))).toMatch(
      /^Generation 2 says the same as generation 3, which is in force already/,
    );
  });

  test('one that is damaged, also where nobody named it', async () => {
    await image.state.replace('generations/2.json', '{');
    const why =
      /^Generation 2 cannot be brought back: \S+generations\/2\.json is damaged\. Name another one:\n/;
    expect(await refused(rollback('2'))).toMatch(why);
    expect(await refused(rollback())).toMatch(why);
  });

  test('one that cannot be carried out, and puts no drift right in its place', async () => {
    await image.state.remove(`blobs/${createHash('sha256').update('two\n').digest('hex')}`);
    image.write('/etc/motd', 'edited\n');
    expect(await rollback()).toBe(3);
    expect(image.complaint()).toMatch(/^Generation 2 is refused:\n.*file\[\/etc\/motd\]: .* is missing\n/);
    expect(image.read('/etc/motd')).toBe('edited\n');
    expect(await ledger()).toMatchObject({ generation: 3, pinned: null });
  });

  test('one of another host', async () => {
    image.write('/etc/hostname', 'kubernetes-node-2\n');
    expect(await refused(rollback())).toMatch(
      /^Generation 2 was made for kubernetes-node-1 with the address 10\.1\.1\.1, and this host is kubernetes-node-2/,
    );
  });

  test('while a change is under way: nobody knows yet what it ends as', async () => {
    await (await openJournal(image.state)).append(beginOf({ tx: 4, before: 3, generation: 4 }));
    expect(await refused(rollback())).toMatch(
      /^A change is under way \(commit 222222222222 "change 2"\), and has to come to its end first/,
    );
  });

  test('on a paused host, and says whose pause it is and the way out', async () => {
    await pauseCommand({ ...image.options, reason: 'new switch' }, image.environment);
    expect(await refused(rollback(), 5)).toBe(
      'Nothing was done: ada has paused this host (new switch). Ask them; or add --while-paused to roll back all the same, and the pause goes on afterwards.',
    );
  });
});

test('a host on which nothing has been in force has nothing to go back to', async () => {
  const bare = new Image();
  await expect(rollbackCommand(undefined, bare.options, bare.environment)).rejects.toThrow(
    'No desired state has been in force on this host yet',
  );
});

test('on a paused host rollback goes through where it is asked for twice, and the pause goes on', async () => {
  await pauseCommand({ ...image.options, reason: 'new switch' }, image.environment);
  expect(await rollback('1', { whilePaused: true })).toBe(0);
  expect(image.read('/etc/motd')).toBe('one\n');
  expect(await image.converge({ '/etc/motd': 'four\n' })).toBe(5);
  expect(image.read('/etc/motd')).toBe('one\n');
});
