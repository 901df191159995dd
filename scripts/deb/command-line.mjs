// The commands as the program itself defines them, for the man page and the completion.
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// What a command does is loaded when it is called, and here none is.
const withoutActions = {
  name: 'without-actions',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

// commander is CommonJS, and asks for Node's own modules.
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** commander's `Command`, with every command in it. */
export async function commandLineOf(top, folder, version) {
  const bundle = join(folder, 'command-line.mjs');
  await build({
    entryPoints: [join(top, 'agent/commands/command-line.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: REQUIRE },
    plugins: [withoutActions],
    logLevel: 'warning',
  });
  const { commandLine } = await import(pathToFileURL(bundle).href);
  rmSync(bundle);
  return commandLine(version, () => undefined);
}

/** All that may be typed: `words` are the names, as in `secret set`. */
export const commandsIn = (program, before = []) =>
  program.commands.flatMap((command) => {
    const words = [...before, command.name()];
    return command.commands.length === 0 ? [{ words, command }] : commandsIn(command, words);
  });
