import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTextfile } from '../../../agent/host/status-textfile.ts';
import { freshFolder } from './fresh-folder.ts';

test('metrics are written where node_exporter is, whole and readable by it', async () => {
  const folder = freshFolder();
  const path = join(folder, 'holdfast.prom');
  expect(await writeTextfile(path, 'a 1\n')).toBe(true);
  expect(await writeTextfile(path, 'a 2\n')).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('a 2\n');
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder)).toEqual(['holdfast.prom']);
});

test('where there is no node_exporter nothing is made', async () => {
  const folder = join(freshFolder(), 'node-exporter');
  expect(await writeTextfile(join(folder, 'holdfast.prom'), 'a 1\n')).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test('what stands in the way is said, and stays', async () => {
  const path = join(freshFolder(), 'holdfast.prom');
  mkdirSync(path);
  await expect(writeTextfile(path, 'a 1\n')).rejects.toThrow(path);
  expect(statSync(path).isDirectory()).toBe(true);
});
