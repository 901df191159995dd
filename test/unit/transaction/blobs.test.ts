import { beforeEach, describe, expect, test } from 'vitest';
import type { BlobRef } from '../../../agent/host/host.ts';
import { BlobLost, BlobStore } from '../../../agent/transaction/blobs.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

let state: FakeStateDirectory;
let blobs: BlobStore;
beforeEach(() => {
  state = new FakeStateDirectory();
  blobs = new BlobStore(state);
});
const remember = (text: string): BlobRef => blobs.remember(new TextEncoder().encode(text));
const kept = (): readonly string[] => [...state.files.keys()].sort();

test('what was kept outlives the process, and what was only remembered does not', async () => {
  const [stays, goes] = [remember('stays'), remember('goes')];
  await blobs.keep([stays]);
  const later = new BlobStore(state);
  await later.recall([stays]);
  expect(later.text(stays)).toBe('stays');
  await expect(later.recall([goes])).rejects.toBeInstanceOf(BlobLost);
  expect(() => later.bytes(goes)).toThrow(BlobLost);
});

test('what is kept already is not written again', async () => {
  const one = remember('one');
  await blobs.keep([one, one]);
  state.replace = () => Promise.reject(new Error('written again'));
  await blobs.keep([one]);
});

describe('on disk', () => {
  test('bytes that were damaged are not taken for the right ones', async () => {
    const one = remember('one');
    await blobs.keep([one]);
    state.files.set(`blobs/${one.sha256}`, new TextEncoder().encode('two'));
    await expect(new BlobStore(state).recall([one])).rejects.toThrow(
      `/var/lib/holdfast/blobs/${one.sha256} is damaged`,
    );
  });

  test('what nothing refers to any more goes, and the rest stays', async () => {
    const [a, b] = [remember('a'), remember('b')];
    await blobs.keep([a, b]);
    await blobs.collect([b]);
    expect(kept()).toEqual([`blobs/${b.sha256}`]);
  });
});

test('at the end of a cycle memory is given back', () => {
  const one = remember('one');
  blobs.forget();
  expect(() => blobs.bytes(one)).toThrow(`the bytes ${one.sha256.slice(0, 12)} (3 bytes) are not at hand`);
});
