import { lab, type Changes } from './lab.ts';

/** A layer that takes a file from another template, and that template: what the repository holds, changed. */
type Changed = { readonly layer: string; readonly files: Changes };

export function haproxyWith(
  name: string,
  what: RegExp | string,
  by: string,
  notify: 'reload' | 'restart' = 'reload',
): Changed {
  return {
    layer: `files:
  /etc/haproxy/haproxy.cfg: { template: ${name}.cfg.eta, notify: { ${notify}: haproxy.service } }
`,
    files: { [`files/${name}.cfg.eta`]: () => replaced(inRepository('haproxy.cfg.eta'), what, by) },
  };
}

export function keepalivedWith(name: string, change: (old: string) => string): Changed {
  return {
    layer: `files:
  /etc/keepalived/keepalived.conf: { template: ${name}.conf.eta }
`,
    files: { [`files/${name}.conf.eta`]: () => change(inRepository('keepalived.conf.eta')) },
  };
}

const inRepository = (name: string): string => `${lab.git('show', `HEAD:files/${name}`)}\n`;

/** A replacement of what is not there would be a good change, and what waits for its end would say nothing of that. */
export function replaced(text: string, what: RegExp | string, by: string): string {
  const changed = text.replace(what, by);
  if (changed === text) throw new Error(`The template holds nothing like ${String(what)} any more.`);
  return changed;
}
