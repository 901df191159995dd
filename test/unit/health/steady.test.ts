import { expect, it } from 'vitest';
import { steadyMsFor } from '../../../agent/health/steady.ts';
import { probesOf } from './probes.ts';

const CONF = '/etc/keepalived/keepalived.conf';
const plan = (changes: readonly string[], steps: readonly object[] = []) =>
  ({ changes: changes.map((id) => ({ id })), steps }) as unknown as Parameters<typeof steadyMsFor>[0];
const RELOAD = { do: 'refresh', unit: 'haproxy.service', action: 'reload' };

it('a change that concerns no daemon and no packet is judged at once', async () => {
  expect(await steadyMsFor(plan(['file[/etc/motd]', 'package[htop]']), probesOf())).toBe(0);
});

it('any other is watched for as long as faults take to show', async () => {
  const probes = probesOf();
  expect(await steadyMsFor(plan(['file[/etc/haproxy/haproxy.cfg]'], [RELOAD]), probes)).toBe(10_000);
  expect(
    await steadyMsFor(plan(['unit[nginx.service]'], [{ do: 'enforce', id: 'unit[nginx.service]' }]), probes),
  ).toBe(10_000);
  expect(await steadyMsFor(plan(['ufw-rules[ufw]']), probes)).toBe(10_000);
  expect(await steadyMsFor(plan(['file[/etc/kubernetes/manifests/kube-apiserver.yaml]']), probes)).toBe(
    10_000,
  );
  expect(await steadyMsFor(plan(['sysctl[net.ipv4.ip_nonlocal_bind]']), probes)).toBe(10_000);
});

it('a slow track script makes it longer', async () => {
  const slow = 'vrrp_script slow {\n script /bin/x\n interval 10\n fall 3\n}\n';
  expect(await steadyMsFor(plan(['ufw-rules[ufw]']), probesOf({ texts: { [CONF]: slow } }))).toBe(42_000);
});
