import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStandardError } from '../../../agent/host/standard-error.ts';
import { bundled } from './bundled.ts';
import { freshFolder } from './fresh-folder.ts';

function opened(path: string): number {
  const descriptor = openSync(path, 'w');
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
}

describe('standard error', () => {
  it("is the journal's only when JOURNAL_STREAM names this very descriptor", () => {
    const descriptor = opened(join(freshFolder(), 'a'));
    const { dev, ino } = fstatSync(descriptor);
    expect(openStandardError({ JOURNAL_STREAM: `${dev}:${ino}` }, descriptor).reader).toBe('journal');
    expect(openStandardError({ JOURNAL_STREAM: `${dev}:${ino + 1}` }, descriptor).reader).toBe('pipe');
    expect(openStandardError({}, descriptor)).toMatchObject({ reader: 'pipe', colours: false });
  });

  it('has colours at a terminal, unless NO_COLOR is set', () => {
    const program = bundled(
      freshFolder(),
      `import { openStandardError } from './agent/host/standard-error.ts';
       const { reader, colours } = openStandardError(process.env);
       console.log(\`\${reader} \${colours}\`);`,
    );
    const look = (environment: NodeJS.ProcessEnv): string =>
      // script(1) gives a program a terminal of its own.
      spawnSync('script', ['-qec', `"${process.execPath}" "${program}"`, '/dev/null'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], TERM: 'xterm', ...environment },
      }).stdout.trim();
    expect(look({})).toBe('terminal true');
    expect(look({ NO_COLOR: '1' })).toBe('terminal false');
    expect(look({ NO_COLOR: '' })).toBe('terminal true');
    expect(look({ TERM: 'dumb' })).toBe('terminal false');
  });

  it('takes everything, and does not mind when nobody can read it any more', () => {
    const path = join(freshFolder(), 'a');
    const text = 'x'.repeat(200_000);
    openStandardError({}, opened(path)).write(text);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(() => openStandardError({}, 9_999).write('x')).not.toThrow();
  });
});
