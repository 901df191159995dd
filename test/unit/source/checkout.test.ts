import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agent, checkedOut, Origin, text } from '../../support/git-fixture.ts';

describe('checking a commit out', () => {
  it('lays out the files of the commit, read-only, where only their owner gets in', async () => {
    const origin = new Origin();
    origin.commit('A', { 'cluster.yaml': 'name: home\n', 'files/haproxy.cfg.eta': 'global\n' });
    const { tree, directory, agent, sha } = await checkedOut(origin);
    expect(directory).toBe(join(agent.state, 'source', 'checkouts', sha, 'tree'));
    expect(await text(tree, 'files/haproxy.cfg.eta')).toBe('global\n');
    expect(await tree.list('.')).toEqual(['cluster.yaml', 'files']);
    expect(statSync(join(directory, 'cluster.yaml')).mode & 0o777).toBe(0o400);
    expect(statSync(join(directory, 'files')).mode & 0o777).toBe(0o500);
    expect(statSync(join(agent.state, 'source')).mode & 0o777).toBe(0o700);
  });

  it('gives the bytes that were committed, whatever .gitattributes asks for', async () => {
    const origin = new Origin();
    const bytes = Buffer.from([0, 255, 13, 10, 128, 10]);
    origin.git('config', 'filter.shout.smudge', 'tr a-z A-Z');
    origin.write({
      '.gitattributes':
        '*.txt text eol=crlf\n*.id ident export-subst\nhidden export-ignore\n*.up filter=shout\n',
    });
    origin.commit('A', {
      'a.txt': 'one\ntwo\n',
      'b.id': '$Id$ $Format:%H$\n',
      hidden: 'here\n',
      'c.up': 'low\n',
      'd.bin': bytes,
    });
    const { tree } = await checkedOut(origin);
    expect(await text(tree, 'a.txt')).toBe('one\ntwo\n');
    expect(await text(tree, 'b.id')).toBe('$Id$ $Format:%H$\n');
    expect(await text(tree, 'hidden')).toBe('here\n');
    expect(await text(tree, 'c.up')).toBe('low\n');
    expect(await tree.read('d.bin')).toEqual(bytes);
  });

  it('leaves submodules out', async () => {
    const origin = new Origin();
    const a = origin.commit('A', { kept: '' });
    origin.git('update-index', '--add', '--cacheinfo', `160000,${a},vendor/lib`);
    origin.git('commit', '--quiet', '-m', 'B');
    const { tree } = await checkedOut(origin);
    expect(await tree.list('.')).toEqual(['kept']);
  });

  it('runs no hook, neither of ours nor of the remote', async () => {
    const origin = new Origin();
    const agent = new Agent();
    const witness = join(agent.state, 'a-hook-ran');
    origin.commit('A', { 'hooks/post-checkout': `#!/bin/sh\ntouch ${witness}\n` });
    await checkedOut(origin, '.', agent);
    mkdirSync(join(agent.repository, 'hooks'));
    for (const hook of ['reference-transaction', 'post-checkout', 'post-merge']) {
      writeFileSync(join(agent.repository, 'hooks', hook), `#!/bin/sh\ntouch ${witness}\n`, { mode: 0o755 });
    }
    origin.commit('B');
    await checkedOut(origin, '.', agent);
    expect(readdirSync(agent.state)).toEqual(['source']);
  });

  it('keeps a link as it is and refuses to follow it out of the repository', async () => {
    const origin = new Origin();
    origin.commit('A', { 'files/real': 'inside\n' });
    symlinkSync('real', join(origin.path, 'files', 'inside'));
    symlinkSync('/etc/shadow', join(origin.path, 'files', 'outside'));
    origin.commit('B');
    const { tree, directory } = await checkedOut(origin);
    expect(await text(tree, 'files/inside')).toBe('inside\n');
    expect(readlinkSync(join(directory, 'files', 'outside'))).toBe('/etc/shadow');
    await expect(tree.read('files/outside')).rejects.toThrow(
      'files/outside is a link to /etc/shadow, which is outside the state repository.',
    );
  });

  it('lays out only the folder that repository.path names', async () => {
    const origin = new Origin();
    origin.commit('A', { 'clusters/home/cluster.yaml': 'home\n', 'clusters/work/cluster.yaml': 'work\n' });
    const { tree } = await checkedOut(origin, './clusters/home/');
    expect(await tree.list('.')).toEqual(['cluster.yaml']);
    expect(await text(tree, 'cluster.yaml')).toBe('home\n');
  });

  it('says that repository.path names no folder', async () => {
    const origin = new Origin();
    const sha = origin.commit('A', { 'cluster.yaml': '' });
    for (const path of ['clusters/home', 'cluster.yaml']) {
      await expect(checkedOut(origin, path)).rejects.toThrow(`Commit ${sha} has no folder ${path}`);
    }
    await expect(checkedOut(origin, '../other')).rejects.toThrow('repository.path is "../other".');
  });

  it('shows the name of a file that is too large, without its bytes, and refuses to read it', async () => {
    const origin = new Origin();
    origin.commit('A', { 'image.bin': Buffer.alloc(1024 * 1024 + 1, 'x') });
    const { tree, directory } = await checkedOut(origin);
    expect(await tree.list('.')).toEqual(['image.bin']);
    expect(lstatSync(join(directory, 'image.bin')).blocks).toBe(0);
    await expect(tree.read('image.bin')).rejects.toThrow('image.bin has 1048577 bytes');
  });

  it('lays out 5,000 files', async () => {
    const origin = new Origin();
    const names = Array.from({ length: 5_000 }, (_, i) => `hosts/${i % 50}/file-${i}.yaml`);
    origin.import([names.map((name) => [name, `name: ${name}\n`.repeat(40)])]);
    const { tree } = await checkedOut(origin);
    expect(await tree.list('hosts/7')).toHaveLength(100);
    expect(await text(tree, 'hosts/49/file-4999.yaml')).toBe('name: hosts/49/file-4999.yaml\n'.repeat(40));
  }, 60_000);

  it('refuses a commit with a path that climbs out, which Git itself would never make', async () => {
    const origin = new Origin();
    const blob = origin.git('hash-object', '-w', '--stdin', '--path=x');
    const inner = madeTree(origin, `100644 blob ${blob}\tshadow`);
    const outer = madeTree(origin, `040000 tree ${inner}\t..`);
    const commit = origin.git('commit-tree', outer, '-m', 'A');
    origin.git('update-ref', 'refs/heads/main', commit);
    await expect(checkedOut(origin)).rejects.toThrow(
      'contains the path "../shadow", which leaves the repository',
    );
  });
});

/** A tree object by hand: `git mktree` takes names that `git add` refuses. */
function madeTree(origin: Origin, entry: string): string {
  writeFileSync(join(origin.path, '.git', 'entry'), `${entry}\n`);
  const [mode, , sha, name] = entry.split(/[ \t]/);
  const body = Buffer.concat([Buffer.from(`${Number(mode)} ${name}\0`), Buffer.from(sha ?? '', 'hex')]);
  writeFileSync(join(origin.path, '.git', 'tree'), body);
  return origin.git('hash-object', '-t', 'tree', '-w', '--literally', '.git/tree');
}
