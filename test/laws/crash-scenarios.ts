import {
  absent,
  daemonReload,
  file,
  pkg,
  reload,
  resource,
  restart,
  sysctl,
  unit,
  yaml,
} from '../support/desired.ts';
import type { Scenario } from '../support/crash-world.ts';
import type { FakeHost } from '../support/fake-host.ts';
import { installUfw } from '../support/fake-ufw.ts';

/** Changes as a control plane node meets them: each has its own places at which it can break off. */

const CFG = '/etc/haproxy/haproxy.cfg';
const DROP_IN = '/etc/systemd/system/haproxy.service.d/10-holdfast.conf';
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const UNIT_FILE = '/etc/systemd/system/probe.service';
const NONLOCAL = 'net.ipv4.ip_nonlocal_bind';
const HAPROXY = 'haproxy.service';

function withHaproxy(host: FakeHost): void {
  host.put(CFG, 'as found\n');
  host.makeFolders('/etc/sysctl.d');
  host.kernel.set('net/ipv4/ip_nonlocal_bind', '0');
  host.kernel.set('net/ipv4/ip_forward', '0');
  host.unit(HAPROXY, true, true, { reads: [CFG] });
}
const cfg = (host: FakeHost, text: string) => file(host, CFG, text, { notify: [reload(HAPROXY)] });
const running = unit(HAPROXY, { enabled: true, running: true });
const probe = (host: FakeHost) => [
  file(host, UNIT_FILE, '[Service]\n', { notify: [daemonReload, restart('probe.service')] }),
  unit('probe.service', { enabled: true, running: true }, { requires: [`file[${UNIT_FILE}]`] }),
];
const rules = (...texts: readonly string[]) => resource('ufw-rules', 'host', { rules: texts });
const firewall = resource('ufw', 'host', { enabled: true }, { requires: ['ufw-rules[host]'] });

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a file and the reload of what reads it': {
    prepare: withHaproxy,
    first: (host) => [cfg(host, 'one\n'), running],
    meanwhile: (host) => void host.put(CFG, 'edited by hand\n'),
    second: (host) => [cfg(host, 'two\n'), running, sysctl(NONLOCAL, '1')],
    breaks: (host) => host.text(CFG) === 'two\n',
  },
  'values in a file that others own': {
    prepare: (host) => {
      withHaproxy(host);
      host.put(MANIFEST, 'c:\n- a # theirs\n- --b=1 # theirs\nd: {e: 1, f: 2}\n', 0o600);
    },
    first: (host) => [cfg(host, 'one\n'), yaml(MANIFEST, { 'c[--b]': '2', 'd.e': null, 'd.g': 'x' })],
    meanwhile: (host) => void host.put(MANIFEST, 'c:\n- a # new\n- --b=1\nd: {f: 2, g: x}\n', 0o600),
    second: (host) => [cfg(host, 'two\n'), yaml(MANIFEST, { 'c[--b]': null, 'c[--new]': 'y', 'd.e': 3 })],
  },
  'a drop-in and a restart': {
    prepare: withHaproxy,
    first: () => [sysctl(NONLOCAL, '1')],
    second: (host) => [
      sysctl(NONLOCAL, '0'),
      file(host, DROP_IN, '[Service]\nRestart=always\n', { notify: [daemonReload, restart(HAPROXY)] }),
      file(host, '/etc/new/deep/motd', 'x', { mode: 0o600 }),
    ],
  },
  'a unit that comes with its file': {
    prepare: withHaproxy,
    first: () => [running],
    second: (host) => [running, ...probe(host)],
  },
  'a unit that goes with its file, and one that is stopped': {
    prepare: withHaproxy,
    first: (host) => [...probe(host), running],
    second: () => [unit(HAPROXY, { enabled: false, running: false })],
  },
  'what has left': {
    prepare: withHaproxy,
    first: (host) => [cfg(host, 'one\n'), sysctl(NONLOCAL, '1'), absent('/etc/motd')],
    second: (host) => [file(host, '/etc/hosts.extra', 'x')],
  },
  'a firewall': {
    prepare: (host) => {
      withHaproxy(host);
      const ufw = installUfw(host);
      host.watched.push(() => ({ ...ufw.kernel }));
    },
    first: () => [rules('allow 22/tcp')],
    second: (host) => [rules('allow 22/tcp', 'allow 6443/tcp'), firewall, cfg(host, 'two\n')],
  },
  'packages first': {
    prepare: (host) => {
      withHaproxy(host);
      host.brings.set('keepalived', () => host.put('/etc/keepalived/keepalived.conf', 'as shipped\n'));
    },
    first: () => [running],
    second: (host) => [running, pkg('keepalived'), file(host, '/etc/keepalived/keepalived.conf', 'ours\n')],
    breaks: (host) => host.text('/etc/keepalived/keepalived.conf') === 'ours\n',
  },
};
