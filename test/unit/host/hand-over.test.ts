import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openHandOver, type HandOverPort } from '../../../agent/host/hand-over.ts';
import { freshFolder } from './fresh-folder.ts';

let folder: string;
let port: HandOverPort;
beforeEach(() => {
  folder = freshFolder();
  port = openHandOver({ offset: join(folder, 'handover'), rule: join(folder, 'rule') });
});

test('a host that nobody has told anything counts for what it is', async () => {
  expect(await port.offset()).toBe(0);
  writeFileSync(port.file, 'not a number\n');
  expect(await port.offset()).toBe(0);
});

test('what keepalived is told is one number, in the same file each time', async () => {
  for (const value of [-254, -99, 0]) {
    await port.setOffset(value);
    expect(readFileSync(port.file, 'utf8')).toBe(`${value}\n`);
    expect(await port.offset()).toBe(value);
  }
});

test('where nothing is held back, nothing is ended', async () => {
  await port.letIn();
  expect(existsSync(join(folder, 'rule'))).toBe(false);
});

test('a file that cannot be written is named', async () => {
  const nowhere = openHandOver({ offset: join(folder, 'missing', 'handover'), rule: join(folder, 'rule') });
  await expect(nowhere.setOffset(0)).rejects.toThrow(/missing\/handover/);
});
