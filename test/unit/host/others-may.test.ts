import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whatOthersMay } from '../../../agent/host/others-may.ts';
import { freshFolder } from './fresh-folder.ts';

const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;

function key(mode: number) {
  const folder = realpathSync(freshFolder());
  const path = join(folder, 'holdfast', 'deploy_key');
  mkdirSync(join(folder, 'holdfast'), { mode: 0o755 });
  writeFileSync(path, 'key\n');
  chmodSync(path, mode);
  return { folder, path };
}

describe('a file that the agent trusts', () => {
  it.each([0o600, 0o400, 0o700])('is fine when only its owner gets at it (%o)', (mode) => {
    expect(whatOthersMay(key(mode).path, 'private')).toBeNull();
  });

  it('that is public may be read by all', () => {
    expect(whatOthersMay(key(0o644).path, 'public')).toBeNull();
  });

  it.each([
    [0o640, '0640'],
    [0o604, '0604'],
  ])('that is private and can be read by others (%o) is refused, and the way out is said', (mode, shown) => {
    const { path } = key(mode);
    expect(whatOthersMay(path, 'private')).toBe(
      `${path} can be read by others than root: its mode is ${shown}. Run "chmod 0600 ${path}"; what somebody may have read (a key, a token) is to be replaced.`,
    );
  });

  it.each([0o620, 0o602])('that others can write to (%o) is refused, public or not', (mode) => {
    const { path } = key(mode);
    expect(whatOthersMay(path, 'public')).toContain(
      `could so become root: its mode is 0${mode.toString(8)}. Run "chmod go-w ${path}"`,
    );
    expect(whatOthersMay(path, 'private')).toContain(`Run "chmod 0600 ${path}"`);
  });

  it('in a folder that others can write to is refused: they can put another one in its place', () => {
    const { folder, path } = key(0o600);
    chmodSync(join(folder, 'holdfast'), 0o777);
    expect(whatOthersMay(path, 'private')).toContain(
      `they can write to the folder ${folder}/holdfast. Run "chmod go-w ${folder}/holdfast"`,
    );
    // As /tmp is: only who owns a file there can replace it.
    chmodSync(join(folder, 'holdfast'), 0o1777);
    expect(whatOthersMay(path, 'private')).toBeNull();
  });

  it('behind a link is judged where it is, and so is the way there', () => {
    const { folder, path } = key(0o600);
    symlinkSync(path, join(folder, 'link'));
    expect(whatOthersMay(join(folder, 'link'), 'private')).toBeNull();
    chmodSync(join(folder, 'holdfast'), 0o777);
    expect(whatOthersMay(join(folder, 'link'), 'private')).toContain('they can write to the folder');
  });

  it.runIf(isRoot)(
    'that belongs to somebody else is refused, and so is a folder or a link on the way',
    () => {
      const { folder, path } = key(0o600);
      symlinkSync(path, join(folder, 'link'));
      lchownSync(join(folder, 'link'), NOBODY, NOBODY);
      expect(whatOthersMay(join(folder, 'link'), 'private')).toContain(
        `${folder}/link belongs to user 65534`,
      );
      chownSync(path, NOBODY, NOBODY);
      expect(whatOthersMay(path, 'private')).toContain(`Run "chown root ${path} && chmod 0600 ${path}"`);
      chownSync(path, 0, 0);
      chownSync(join(folder, 'holdfast'), NOBODY, NOBODY);
      expect(whatOthersMay(path, 'private')).toContain(`${folder}/holdfast belongs to user 65534`);
    },
  );

  it('that is not there is nobody’s', () => {
    const { folder } = key(0o600);
    symlinkSync('circle', join(folder, 'circle'));
    expect(whatOthersMay(join(folder, 'gone', 'key'), 'private')).toBeNull();
    expect(whatOthersMay(join(folder, 'circle'), 'private')).toBeNull();
  });
});
