import { lab, type Changes } from './lab.ts';

/** The template, changed: made when it is committed, of what the repository holds then. */
export function haproxyWith(what: RegExp | string, by: string): Changes {
  return { 'files/bad-haproxy.cfg.eta': () => replaced(inRepository('haproxy.cfg.eta'), what, by) };
}
export function keepalivedWith(change: (old: string) => string): Changes {
  return { 'files/bad-keepalived.conf.eta': () => change(inRepository('keepalived.conf.eta')) };
}
const inRepository = (name: string): string => `${lab.git('show', `HEAD:files/${name}`)}\n`;

/** A replacement of what is not there would be a good change, and what waits for its end would say nothing of that. */
export function replaced(text: string, what: RegExp | string, by: string): string {
  const changed = text.replace(what, by);
  if (changed === text) throw new Error(`The template holds nothing like ${String(what)} any more.`);
  return changed;
}
