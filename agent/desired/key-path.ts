/** The keys from a file's root down to a value; numbers are positions in a list. */
export type KeyPath = readonly (string | number)[];

/** `nodes.pi-2.address`, `files["/etc/haproxy/haproxy.cfg"].mode`, `ufw.rules[2]`. */
export function formatKeyPath(path: KeyPath): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}
