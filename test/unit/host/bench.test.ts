import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBench } from '../../../agent/host/bench.ts';
import { openHost } from '../../../agent/host/real-host.ts';
import { waitFor } from '../../support/wait-for.ts';
import { freshFolder } from './fresh-folder.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { program } from './program.ts';
import { runs } from './runs.ts';

const CFG = '/etc/haproxy/haproxy.cfg';

function setUp() {
  const folder = freshFolder();
  const blobs = memoryBlobs();
  return { folder, blobs, out: freshFolder(), bench: openBench(openHost(blobs), join(folder, 'checks')) };
}

describe('a check', () => {
  it('sees the staged copy, private, with its mode, and what stands beside it', async () => {
    const { bench, blobs, out } = setUp();
    const check = program(
      out,
      'check',
      `cat "$1" "$(dirname "$1")/errors.http" "$(dirname "$1")/../ssl/a.pem" > ${out}/seen
       stat -c %a "$1" "$(dirname "$1")" > ${out}/modes`,
    );
    const staged = new Map([
      [CFG, blobs.file('global\n', 0o640)],
      ['/etc/haproxy/errors.http', blobs.file('errors\n')],
      ['/etc/ssl/a.pem', blobs.file('pem\n', 0o4600)],
    ]);
    expect(await bench.check([check, '{file}'], CFG, staged, 5_000)).toEqual({ ok: true });
    expect(readFileSync(join(out, 'seen'), 'utf8')).toBe('global\nerrors\npem\n');
    expect(readFileSync(join(out, 'modes'), 'utf8')).toBe('640\n700\n');
  });

  it('fails with one sentence that names the real path', async () => {
    const { bench, blobs, out } = setUp();
    const check = program(out, 'check', 'echo "[ALERT] parsing [$2:3]: unknown keyword" >&2; exit 1');
    const verdict = await bench.check([check, '-f', '{file}'], CFG, new Map([[CFG, blobs.file('x')]]), 5_000);
    expect(verdict).toEqual({
      ok: false,
      why: `"${check} -f ${CFG}" failed with exit code 1: parsing [${CFG}:3]: unknown keyword`,
    });
  });

  it('fails in the same words each time, whatever number the validator has as a process', async () => {
    const { bench, blobs, out } = setUp();
    const said =
      'echo "[NOTICE]   ($$) : haproxy version is 3.0.11"; echo "[ALERT]    ($$) : config : parsing [$2:3] : no"; ' +
      'echo "[ALERT]    ($$) : config : parsing [$2:5] : neither"; ' +
      'echo "[ALERT]    ($$) : config : Fatal errors found in configuration."';
    const check = program(out, 'check', `( ${said} ) >&2; exit 1`);
    const staged = new Map([[CFG, blobs.file('x')]]);
    const why = `"${check} -f ${CFG}" failed with exit code 1:\n  parsing [${CFG}:3] : no\n  parsing [${CFG}:5] : neither`;
    for (let n = 0; n < 2; n += 1)
      expect(await bench.check([check, '-f', '{file}'], CFG, staged, 5_000)).toEqual({ ok: false, why });
  });

  it('replaces {file} wherever it stands', async () => {
    const { bench, blobs, out } = setUp();
    const check = program(
      out,
      'check',
      'case "$1" in --config=/*/etc/haproxy/haproxy.cfg) ;; *) exit 1 ;; esac',
    );
    const staged = new Map([[CFG, blobs.file('x')]]);
    expect(await bench.check([check, '--config={file}'], CFG, staged, 5_000)).toEqual({ ok: true });
  });

  it('says that the validator is not installed', async () => {
    const { bench, blobs } = setUp();
    const staged = new Map([[CFG, blobs.file('x')]]);
    expect(await bench.check(['no-such-haproxy', '-c', '-f', '{file}'], CFG, staged, 5_000)).toEqual({
      ok: false,
      why: `"no-such-haproxy -c -f ${CFG}" could not be started: there is no program "no-such-haproxy" on this host. Install the package that brings it.`,
    });
  });

  it('that takes too long is stopped with all that it started', async () => {
    const { bench, blobs, out } = setUp();
    const check = program(out, 'check', `sleep 300 & echo $! > ${out}/pid; wait`);
    const staged = new Map([[CFG, blobs.file('x')]]);
    expect(await bench.check([check, '{file}'], CFG, staged, 400)).toEqual({
      ok: false,
      why: `"${check} ${CFG}" was still running after 0.4 s and was stopped`,
    });
    const pid = readFileSync(join(out, 'pid'), 'utf8').trim();
    await waitFor('the child to be gone', () => !runs(pid), 5_000);
  });

  it('leaves no process behind even when it is content', async () => {
    const { bench, blobs, out } = setUp();
    const check = program(out, 'check', `sleep 300 > /dev/null 2>&1 & echo $! > ${out}/pid`);
    const staged = new Map([[CFG, blobs.file('x')]]);
    expect(await bench.check([check], CFG, staged, 5_000)).toEqual({ ok: true });
    const pid = readFileSync(join(out, 'pid'), 'utf8').trim();
    await waitFor('the child to be gone', () => !runs(pid), 5_000);
  });

  it.each([
    ['content', 'exit 0'],
    ['not content', 'exit 1'],
    ['littering', 'touch "$1.bak"; mkdir "$(dirname "$1")/x"'],
  ])('leaves no file behind when it is %s', async (_, body) => {
    const { bench, blobs, out, folder } = setUp();
    const check = program(out, 'check', body);
    await bench.check([check, '{file}'], CFG, new Map([[CFG, blobs.file('x')]]), 5_000);
    expect(readdirSync(join(folder, 'checks'))).toEqual([]);
    expect(statSync(join(folder, 'checks')).mode & 0o777).toBe(0o700);
  });

  it('leaves no file behind when laying out fails', async () => {
    const { bench, blobs, folder } = setUp();
    const staged = new Map([
      ['/etc/a', blobs.file('a file')],
      ['/etc/a/b', blobs.file('in a folder of the same name')],
    ]);
    await expect(bench.check(['true'], '/etc/a', staged, 5_000)).rejects.toThrow(
      'lay out for a check /etc/a/b',
    );
    expect(readdirSync(join(folder, 'checks'))).toEqual([]);
  });

  it('cannot be led out of its folder', async () => {
    const { bench, blobs, folder } = setUp();
    const staged = new Map([['/../../../../tmp/a', blobs.file('x')]]);
    await expect(bench.check(['true'], CFG, staged, 5_000)).rejects.toThrow('shortest form');
    expect(readdirSync(join(folder, 'checks'))).toEqual([]);
  });

  it('removes what a killed agent left', async () => {
    const { bench, blobs, folder } = setUp();
    const staged = new Map([[CFG, blobs.file('x')]]);
    await bench.check(['true'], CFG, staged, 5_000);
    // No process has this pid and started at this tick.
    writeFileSync(join(folder, 'checks', `.holdfast-${process.pid}-1-abcdef.tmp`), '');
    writeFileSync(join(folder, 'checks', 'theirs'), '');
    await bench.check(['true'], CFG, staged, 5_000);
    expect(readdirSync(join(folder, 'checks'))).toEqual(['theirs']);
  });
});
