/** Names for numbers and back, as a host's own /etc/passwd and /etc/group have them. */
export interface Accounts {
  /** The account's or group's name; the number as a string where it has none. */
  name(what: 'owner' | 'group', id: number): string;
  /** `null`: nobody has this name. A number as a string is itself. */
  id(what: 'owner' | 'group', name: string): number | null;
}

/** How the two files are read: `stamp` changes whenever the file does, and costs less than reading it. */
export type AccountFiles = {
  stamp(path: string): string | null;
  text(path: string): string;
};

type Table = {
  readonly stamp: string | null;
  readonly ids: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
};

/** Read again only when the file changed: an installed package brings accounts, and no process is started to ask. */
export function openAccounts(files: AccountFiles): Accounts {
  const tables = new Map<string, Table>();
  const table = (what: 'owner' | 'group'): Table => {
    const path = what === 'owner' ? '/etc/passwd' : '/etc/group';
    const stamp = files.stamp(path);
    const known = tables.get(path);
    if (known !== undefined && known.stamp === stamp) return known;
    const fresh = { stamp, ...parseAccounts(stamp === null ? '' : files.text(path)) };
    tables.set(path, fresh);
    return fresh;
  };
  return {
    name: (what, id) => table(what).names.get(id) ?? String(id),
    id: (what, name) => table(what).ids.get(name) ?? (/^\d{1,10}$/.test(name) ? Number(name) : null),
  };
}

/** passwd(5) and group(5): name, password and number come first in both. The first line for a name or number wins. */
export function parseAccounts(text: string): Omit<Table, 'stamp'> {
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':');
    if (name === '' || /^[#+-]/.test(name) || !/^\d+$/.test(number)) continue;
    const id = Number(number);
    if (!ids.has(name)) ids.set(name, id);
    if (!names.has(id)) names.set(id, name);
  }
  return { ids, names };
}
