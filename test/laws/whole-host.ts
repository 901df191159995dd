import fc from 'fast-check';
import type { Resource } from '../../agent/resources/kind.ts';
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
import { installUfw } from '../support/fake-ufw.ts';
import type { Example } from './examples.ts';

/** All kinds in one plan, as a control plane node has them: files that units read, units that come with files. */

const CFG = '/etc/haproxy/haproxy.cfg';
const DROP_IN = '/etc/systemd/system/haproxy.service.d/10-holdfast.conf';
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const COMMAND = 'spec.containers[name=kube-apiserver].command';
const UNIT_FILE = '/etc/systemd/system/probe.service';
const on = fc.boolean();

export const wholeHost: fc.Arbitrary<Example> = fc
  .record({
    haproxy: fc.record({ enabled: on, running: on }),
    nginx: on,
    cfg: fc.boolean(),
    firewall: on,
    wantsRunning: on,
    how: fc.constantFrom(reload, restart),
    probe: fc.constantFrom('absent', 'stopped', 'running'),
    picked: fc.subarray([
      'cfg',
      'drop-in',
      'unit',
      'nginx',
      'sysctl',
      'rules',
      'ufw',
      'probe',
      'gone',
      'manifest',
    ]),
    packages: on,
  })
  .map((of): Example => {
    const wanted: Readonly<Record<string, (host: Parameters<Example['wanted']>[0]) => readonly Resource[]>> =
      {
        cfg: (host) => [file(host, CFG, 'global\n', { notify: [of.how('haproxy.service')] })],
        'drop-in': (host) => [
          file(host, DROP_IN, '[Service]\n', { notify: [daemonReload, restart('haproxy.service')] }),
        ],
        unit: () => [
          unit(
            'haproxy.service',
            { enabled: true, running: of.wantsRunning },
            { requires: [`file[${CFG}]`] },
          ),
        ],
        nginx: () => [unit('nginx.service', { enabled: false, running: false })],
        sysctl: () => [sysctl('net.ipv4.ip_nonlocal_bind', '1')],
        rules: () => [resource('ufw-rules', 'host', { rules: ['allow 22/tcp', 'allow 6443/tcp'] })],
        ufw: () => [resource('ufw', 'host', { enabled: true }, { requires: ['ufw-rules[host]'] })],
        probe: (host) => [
          file(host, UNIT_FILE, '[Service]\nExecStart=new\n', {
            notify: [daemonReload, restart('probe.service')],
          }),
          unit('probe.service', { enabled: true, running: true }, { requires: [`file[${UNIT_FILE}]`] }),
        ],
        manifest: () => [
          yaml(
            MANIFEST,
            { [`${COMMAND}[--bind-address]`]: '10.1.1.1', [`${COMMAND}[--profiling]`]: null },
            { notify: [restart('probe.service')] },
          ),
        ],
        gone: () => [absent('/etc/nginx.conf', { notify: [reload('nginx.service')] })],
      };
    return {
      prepare: async (host) => {
        const ufw = installUfw(host);
        host.watched.push(() => ({ ...ufw.kernel }));
        host.makeFolders('/etc/sysctl.d');
        host.kernel.set('net/ipv4/ip_nonlocal_bind', '0');
        if (of.cfg) host.put(CFG, 'old\n');
        host.put('/etc/nginx.conf', 'old\n');
        host.put(
          MANIFEST,
          'spec:\n  containers:\n  - name: kube-apiserver\n    command:\n    - --profiling # why\n    - kube-apiserver\n',
          0o600,
        );
        if (of.probe !== 'absent') host.put(UNIT_FILE, '[Service]\nExecStart=old\n');
        host.unit('haproxy.service', of.haproxy.enabled, of.haproxy.running, { reads: [CFG] });
        host.unit('nginx.service', of.nginx, of.nginx, { reads: ['/etc/nginx.conf'] });
        if (of.probe !== 'absent')
          host.unit('probe.service', true, of.probe === 'running', { fromFile: true, reads: [UNIT_FILE] });
        if (of.firewall) await host.host().live!.run(['ufw', '--force', 'enable']);
      },
      wanted: (host) => [
        ...(of.packages ? [pkg('haproxy')] : []),
        ...of.picked.flatMap((name) => wanted[name]!(host)),
      ],
    };
  });
