// Whose code is in the bundle, and under which licence: theirs ask to be kept with it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `inputs`: of esbuild's metafile, relative to `top`. */
export function librariesIn(inputs, top) {
  const folders = new Set(
    Object.keys(inputs).flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  return [...folders]
    .sort()
    .map((folder) => noticeOf(join(top, folder)))
    .join(`\n${'-'.repeat(78)}\n\n`);
}

function noticeOf(folder) {
  const { name, version, license, homepage } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const full =
    file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '';
  const where = homepage === undefined ? '' : `\n${homepage}`;
  return `${name} ${version}, ${license}${where}\n\n${full.replaceAll('\r', '').trim()}\n`;
}
