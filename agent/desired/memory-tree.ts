import type { Tree } from './tree.ts';

/** A repository that is nothing but names and texts: for tests, and for trying a change before it is written. */
export function memoryTree(files: Readonly<Record<string, string | Uint8Array>>): Tree {
  const paths = Object.keys(files);
  return {
    read: (path) => {
      const found = Object.hasOwn(files, path) ? files[path] : undefined;
      if (found === undefined) return Promise.resolve(null);
      return Promise.resolve(typeof found === 'string' ? new TextEncoder().encode(found) : found);
    },
    list: (directory) => {
      const prefix = directory === '' || directory === '.' ? '' : `${directory}/`;
      const inside = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
      return Promise.resolve([...new Set(inside.map((path) => path.split('/')[0] ?? path))].sort());
    },
  };
}
