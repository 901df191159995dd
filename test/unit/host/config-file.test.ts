import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../agent/host/config-file.ts';
import { freshFolder } from './fresh-folder.ts';

describe('agent.yaml on disk', () => {
  it('is read, and said to be others’ to change or to read when it is', () => {
    const path = join(freshFolder(), 'agent.yaml');
    expect(readConfigFile(path)).toBeNull();
    writeFileSync(path, 'splay: 5s\n', { mode: 0o600 });
    expect(readConfigFile(path)).toEqual({ text: 'splay: 5s\n', othersMay: null });
    chmodSync(path, 0o666);
    expect(readConfigFile(path)?.othersMay).toContain('can be changed by others than root');
    // It may hold a token.
    chmodSync(path, 0o644);
    expect(readConfigFile(path)?.othersMay).toContain(`Run "chmod 0600 ${path}"`);
  });

  it('that is a directory or a link names the way out, which is not to remove it', () => {
    const folder = freshFolder();
    const link = join(folder, 'agent.yaml');
    symlinkSync('elsewhere.yaml', link);
    const wayOut =
      'and Holdfast reads its configuration from a regular file only. Put the file itself there, or name it with --config FILE.';
    expect(() => readConfigFile(folder)).toThrow(`${folder} is a directory, ${wayOut}`);
    expect(() => readConfigFile(link)).toThrow(`${link} is a symbolic link, ${wayOut}`);
  });
});
