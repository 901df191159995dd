import type { FileReader } from '../host/host.ts';
import { portsOf } from './ufw-address.ts';
import type { UfwRule } from './ufw-tuple.ts';

/** An application profile: `ports` as in `80,443/tcp|8080/udp`. */
export type App = { readonly name: string; readonly ports: string };
/** By the name that a rule writes, which may differ in case; `null`: this host has no such profile. */
export type Apps = { readonly [written: string]: App | null };

const FOLDER = '/etc/ufw/applications.d';
/** What ufw skips besides dot files (applications.py, get_profiles). */
const SKIPPED = /^\.|(\.dpkg-(new|old|dist)|\.rpm(new|save)|~)$/;

/** The profiles that `written` names. A host whose rules name none is not asked. */
export async function readApps(written: readonly string[], files: FileReader): Promise<Apps> {
  if (written.length === 0) return {};
  const profiles = new Map<string, App>();
  for (const name of ((await files.list(FOLDER)) ?? []).filter((file) => !SKIPPED.test(file))) {
    const found = await files.read(`${FOLDER}/${name}`);
    if (found !== null) for (const app of profilesIn(files.text(found.content))) profiles.set(app.name, app);
  }
  return Object.fromEntries(written.map((name) => [name, find(name, profiles)]));
}

/** As frontend.py does: the exact name, or the only one that differs in case. */
function find(name: string, profiles: ReadonlyMap<string, App>): App | null {
  const exact = profiles.get(name);
  if (exact !== undefined) return exact;
  const near = [...profiles.values()].filter((app) => app.name.toLowerCase() === name.toLowerCase());
  return near.length === 1 ? near[0]! : null;
}

/** An INI file; sections without usable ports are none of ufw's profiles (verify_profile). */
export function profilesIn(text: string): readonly App[] {
  return text.split(/^(?=\[)/m).flatMap((section) => {
    const name = /^\[([^\]]+)\]/.exec(section)?.[1];
    const ports = /^ports\s*[=:]\s*(\S+)\s*$/im.exec(section)?.[1];
    return name === undefined || ports === undefined || portsPerProtocol(ports) === null
      ? []
      : [{ name, ports }];
  });
}

type Ports = { readonly port: string; readonly protocol: string };

function portsPerProtocol(text: string): readonly Ports[] | null {
  const all = text.split('|').map((part) => {
    const [port = '', protocol = 'any'] = part.split('/');
    const found = portsOf(port);
    if ('problem' in found || (protocol === 'any' && /[,:]/.test(port))) return null;
    return { port: found.ports, protocol };
  });
  return all.includes(null) ? null : (all as readonly Ports[]);
}

/** A rule with its profiles' ports filled in, one for each (backend.py, get_app_rules_from_template); `null`: one is missing. */
export function withPorts(rule: UfwRule, apps: Apps): readonly UfwRule[] | null {
  const to = rule.to.app === '' ? undefined : (apps[rule.to.app] ?? null);
  const from = rule.from.app === '' ? undefined : (apps[rule.from.app] ?? null);
  if (to === null || from === null) return null;
  if (to === undefined && from === undefined) return [rule];
  if (to === undefined) return portsIn(from!).map((ports) => filled(rule, 'from', from!, ports));
  const rules = portsIn(to).map((ports) => [ports, filled(rule, 'to', to, ports)] as const);
  if (from === undefined) return rules.map(([, one]) => one);
  if (from.name === to.name) return rules.map(([ports, one]) => filled(one, 'from', from, ports));
  return rules.flatMap(([own, one]) =>
    portsIn(from).map((other) => ({
      ...filled(one, 'from', from, other),
      protocol: other.protocol === 'any' ? own.protocol : other.protocol,
    })),
  );
}

const portsIn = (app: App): readonly Ports[] => portsPerProtocol(app.ports) ?? [];

const filled = (rule: UfwRule, side: 'to' | 'from', app: App, { port, protocol }: Ports): UfwRule => ({
  ...rule,
  protocol,
  [side]: { ...rule[side], port, app: app.name },
});
