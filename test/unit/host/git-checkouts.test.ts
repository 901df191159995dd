import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckoutFolders, type Laid } from '../../../agent/host/git-checkouts.ts';
import { freshFolder } from './fresh-folder.ts';

it('says where there is no room for the files of a commit, and leaves nothing behind', async () => {
  const state = freshFolder();
  async function* untilFull(): AsyncGenerator<readonly Laid[]> {
    yield [{ path: 'cluster.yaml', type: 'file', bytes: Buffer.from('name: home\n') }];
    // What write(2) ends with when the disk is full.
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
  }
  const making = openCheckoutFolders(state, 'this boot').make('1f2e3d', '.', untilFull());
  await expect(making).rejects.toThrow(
    `Cannot lay the commit out in ${join(state, 'source/checkouts')}: no space left on device (ENOSPC). Free some space`,
  );
  expect(readdirSync(join(state, 'source/checkouts'))).toEqual([]);
});
