// node-cron's times without ICU: agent/system-time-format.ts says why. The build ends where the library has changed
// in what this relies on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two formatters: the parts of a time, and the offset of the zone. */
const EXPECTED = 2;

export const cronWithoutIcu = (top) => ({
  name: 'cron-without-icu',
  setup({ onLoad }) {
    onLoad({ filter: /\/node-cron\/dist\/_shared\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const uses = source.split('new Intl.DateTimeFormat(').length - 1;
      const others = source.split('Intl.').length - 1 - uses;
      if (uses !== EXPECTED || others !== 0)
        throw new Error(
          `${path} uses Intl in another way than this build knows: see agent/system-time-format.ts`,
        );
      const stand = JSON.stringify(join(top, 'agent/system-time-format.ts'));
      return {
        contents: `import { SystemTimeFormat } from ${stand};\nconst Intl = { DateTimeFormat: SystemTimeFormat };\n${source}`,
        loader: 'js',
      };
    });
  },
});
