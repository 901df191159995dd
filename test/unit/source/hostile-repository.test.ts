import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyHost } from '../../../agent/desired/every-host.ts';
import { formatDiagnostics } from '../../../agent/desired/diagnostics.ts';
import { openTree } from '../../../agent/host/tree.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { Agent, checkedOut, Origin, temporaryFolder, text } from '../../support/git-fixture.ts';
import { LESSON } from '../desired/lesson.ts';

// A commit is data, whatever is in it: each trap is refused with a sentence, or harmless. Where the others are tested:
//   links out, "..", absolute names, pipes, LFS pointers, large files      unit/host/tree.test.ts
//   filters, attributes, hooks, submodules                                 unit/source/checkout.test.ts
//   anchor bombs and other YAML that is made to be expensive               unit/desired/expensive-yaml.test.ts
//   templates that loop, print without end or include themselves           unit/desired/templates.test.ts
//   templates that fill memory which no limit counts                       unit/desired/templates.test.ts
//   messages and authors that are made to be expensive                     unit/host/git-objects.test.ts
//   secrets for more people than a Pi can look through                     unit/host/age.test.ts
//   lines of templates that are made to be expensive                       unit/desired/rendered-line.test.ts
//   templates that end the agent                                           unit/source/rendering-marker.test.ts
//   targets under links on the host                                        unit/host/write-file-atomic.test.ts
//   control characters in messages, in the journal and on terminals        unit/host/git-objects.test.ts, unit/report
//   anything at all, at random                                             laws/hostile-trees.test.ts

/** Objects by hand: Git's own commands refuse most of these names. */
class Workshop {
  readonly origin = new Origin();
  readonly #entry = join(this.origin.path, '.git', 'entry');

  object(type: 'blob' | 'tree' | 'commit', body: string | Uint8Array): string {
    writeFileSync(this.#entry, body);
    return this.origin.git('hash-object', '-t', type, '-w', '--literally', '.git/entry');
  }
  tree(...entries: readonly (readonly [mode: string, name: string | Uint8Array, sha: string])[]): string {
    const parts = entries.flatMap(([mode, name, sha]) => [
      Buffer.from(`${mode} `),
      Buffer.from(name),
      Buffer.from([0]),
      Buffer.from(sha, 'hex'),
    ]);
    return this.object('tree', Buffer.concat(parts));
  }
  commit(tree: string, message = 'A'): void {
    const by = 'Ada <ada@home.example> 1767323045 +0000';
    this.head(this.object('commit', `tree ${tree}\nauthor ${by}\ncommitter ${by}\n\n${message}\n`));
  }
  head(commit: string): void {
    this.origin.git('update-ref', 'refs/heads/main', commit);
  }
  /** What checking it out ends with. */
  async refused(): Promise<string> {
    try {
      await checkedOut(this.origin);
      return 'laid out';
    } catch (problem) {
      return `${(problem as Error).name}: ${(problem as Error).message}`;
    }
  }
}

describe('a tree that', () => {
  const shop = (): Workshop => new Workshop();

  it('is a few objects which stand for a hundred million files ends in time, and is refused', async () => {
    const workshop = shop();
    let tree = workshop.object('blob', 'x');
    for (let level = 0; level < 8; level++) {
      const mode = level === 0 ? '100644' : '40000';
      tree = workshop.tree(...Array.from({ length: 10 }, (_, i) => [mode, `${i}`, tree] as const));
    }
    workshop.commit(tree);
    expect(await workshop.refused()).toBe(
      'GitFailed: "git ls-tree" failed (killed): its answer was larger than 32 MiB, which no state repository\'s is. Take out what makes it so large.',
    );
  });

  it('has more files than are laid out is refused with their number', async () => {
    const workshop = shop();
    const blob = workshop.object('blob', 'x');
    const folder = workshop.tree(
      ...Array.from({ length: 300 }, (_, i) => ['100644', `f${1000 + i}`, blob] as const),
    );
    workshop.commit(
      workshop.tree(...Array.from({ length: 200 }, (_, i) => ['40000', `d${1000 + i}`, folder] as const)),
    );
    expect(await workshop.refused()).toMatch(
      /^TreeProblem: Commit \w+ has 60000 files of 1 MiB together; Holdfast lays out at most 50000/,
    );
  });

  it('has more folders than are laid out is refused', async () => {
    const workshop = shop();
    let tree = workshop.tree(['100644', 'f', workshop.object('blob', 'x')]);
    // Two of a kind in each: sixteen objects stand for 65,534 folders.
    for (let level = 0; level < 15; level++) tree = workshop.tree(['40000', 'a', tree], ['40000', 'b', tree]);
    workshop.commit(tree);
    expect(await workshop.refused()).toMatch(
      /^TreeProblem: Commit [0-9a-f]{40} has 65534 folders; Holdfast lays out at most 50000/,
    );
  });

  it('is so deep, or has such long names, that no file system takes it is refused', async () => {
    const blob = (workshop: Workshop): string => workshop.object('blob', 'x');
    const long = shop();
    long.commit(long.tree(['100644', 'n'.repeat(300), blob(long)]));
    expect(await long.refused()).toMatch(
      /^TreeProblem: The commit contains "n{120}…", which cannot be laid out: a name in it, the whole path, or what the link says is too long/,
    );
    const deep = shop();
    let tree = deep.tree(['100644', 'f', blob(deep)]);
    for (let level = 0; level < 50; level++) tree = deep.tree(['40000', 'd'.repeat(100), tree]);
    deep.commit(tree);
    expect(await deep.refused()).toMatch(
      /^TreeProblem: The commit contains "d{100}\/d+…", which cannot be laid out/,
    );
  });

  it('has one name twice, or one that is a file and a folder, is refused', async () => {
    const twice = shop();
    const blob = twice.object('blob', 'x');
    twice.commit(twice.tree(['100644', 'a', blob], ['100644', 'a', blob]));
    expect(await twice.refused()).toMatch(
      /^TreeProblem: The commit contains "a", which cannot be laid out: something else of the commit has the same path/,
    );
    const both = shop();
    const file = both.object('blob', 'x');
    both.commit(both.tree(['100644', 'a', file], ['40000', 'a', both.tree(['100644', 'b', file])]));
    expect(await both.refused()).toMatch(
      /^TreeProblem: The commit contains "a\/b", which cannot be laid out/,
    );
  });

  it('has links that say what no link can is refused', async () => {
    for (const target of ['', 'a\0b', 'x'.repeat(5_000)]) {
      const workshop = shop();
      workshop.commit(workshop.tree(['120000', 'link', workshop.object('blob', target)]));
      expect(await workshop.refused()).toMatch(
        /^TreeProblem: The commit contains "link", which cannot be laid out/,
      );
    }
  });

  it('writes through a link of its own is refused: links come last, and nothing is followed', async () => {
    const workshop = shop();
    const outside = temporaryFolder();
    const link = workshop.object('blob', outside);
    const inner = workshop.tree(['100644', 'written', workshop.object('blob', 'x')]);
    workshop.commit(workshop.tree(['120000', 'a', link], ['40000', 'a', inner]));
    expect(await workshop.refused()).toMatch(/^TreeProblem: The commit contains "a"/);
    expect(readdirSync(outside)).toEqual([]);
  });

  it('has names that differ only in case, or are no UTF-8, has each of them', async () => {
    const workshop = shop();
    const [one, two] = [workshop.object('blob', 'one'), workshop.object('blob', 'two')];
    workshop.commit(
      workshop.tree(
        ['100644', 'A.yaml', one],
        ['100644', 'a.yaml', two],
        ['100644', Buffer.from([0x66, 0xff]), one],
      ),
    );
    const { tree } = await checkedOut(workshop.origin);
    expect(await text(tree, 'A.yaml')).toBe('one');
    expect(await text(tree, 'a.yaml')).toBe('two');
    expect(await tree.list('.')).toHaveLength(3);
  });

  it('has entries that are neither file nor link nor folder has nothing there', async () => {
    const workshop = shop();
    const blob = workshop.object('blob', 'x');
    workshop.commit(
      workshop.tree(['60644', 'device', blob], ['100644', 'file', blob], ['10644', 'pipe', blob]),
    );
    const { tree } = await checkedOut(workshop.origin);
    expect((await tree.list('.')).filter((name) => name !== 'file').every((name) => name !== 'device')).toBe(
      true,
    );
    expect(await text(tree, 'file')).toBe('x');
  });
});

it('a commit whose message is larger than a Pi has room for is not read, and the branch is not followed', async () => {
  const workshop = new Workshop();
  workshop.commit(workshop.tree(), 'x'.repeat(33 * 1024 * 1024));
  const pulled = await new Agent().pull(workshop.origin.remote);
  expect(pulled).toMatchObject({ outcome: 'offline', head: null });
  expect(pulled).toHaveProperty('why', expect.stringContaining('its answer was larger than 32 MiB'));
});

it('names with escapes of a terminal, and text that runs backwards, are shown without acting', async () => {
  const workshop = new Workshop();
  const { origin } = workshop;
  const odd = '\u001b]0;owned\u0007\u202e\u009b31m\n.yaml';
  origin.commit('A', { ...LESSON, [`hosts/${odd}`]: '{}\n', [`roles/${odd}`]: '{}\n' });
  const { tree } = await checkedOut(origin);
  const { diagnostics } = await everyHost(tree, KINDS);
  const shown = formatDiagnostics(diagnostics, { colour: false });
  expect(shown).toContain('is not read: cluster.yaml names no such host');
  // eslint-disable-next-line no-control-regex
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

it('a device in a folder is refused without being opened', async () => {
  const folder = temporaryFolder();
  try {
    execFileSync('mknod', [join(folder, 'zero'), 'c', '1', '5'], { stdio: 'ignore' });
  } catch {
    // Who may not make a device looks at one through its link, which is refused as well.
    execFileSync('ln', ['-s', '/dev/zero', join(folder, 'zero')]);
    expect(readlinkSync(join(folder, 'zero'))).toBe('/dev/zero');
  }
  await expect(openTree(folder).read('zero')).rejects.toThrow(
    /zero is (not a regular file|a link to \/dev\/zero)/,
  );
});
