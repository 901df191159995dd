import { expect, test } from 'vitest';
import { withMarker } from '../../../agent/source/rendering-marker.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

const dies = (): Promise<string> => new Promise(() => undefined);

test('a commit whose rendering has ended the agent twice is not rendered a third time', async () => {
  const marker = new FakeStateDirectory();
  // An agent that dies leaves its marker behind: these renderings never come to their end.
  void withMarker(marker, 'bad', dies);
  await expect.poll(() => marker.files.size).toBe(1);
  void withMarker(marker, 'bad', dies);
  await expect.poll(() => new TextDecoder().decode(marker.files.get('rendering'))).toContain('"deaths":2');
  expect(await withMarker(marker, 'bad', async () => ({ rendered: true }))).toMatch(
    /was ended 2 times while it rendered/,
  );
});

test('another commit is rendered, and one that was survived leaves nothing behind', async () => {
  const marker = new FakeStateDirectory();
  await marker.replace('rendering', '{"sha":"bad","deaths":2}');
  expect(await withMarker(marker, 'good', async () => 'rendered')).toBe('rendered');
  expect(marker.files.size).toBe(0);
});

test('a rendering that throws was survived too', async () => {
  const marker = new FakeStateDirectory();
  await expect(withMarker(marker, 'odd', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(marker.files.size).toBe(0);
});
