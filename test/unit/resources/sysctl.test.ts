import { describe, expect, test } from 'vitest';
import type { Json } from '../../../agent/host/host.ts';
import { dropInPath, kernelPath, sysctl } from '../../../agent/resources/sysctl.ts';
import { FakeHost } from '../../support/fake-host.ts';

const KEY = 'net.ipv4.ip_forward';
const KERNEL = 'net/ipv4/ip_forward';
const DROP_IN = '/etc/sysctl.d/99-holdfast-net.ipv4.ip_forward.conf';

const planning = { name: KEY, coming: new Set<string>() };
async function seen(host: FakeHost, key = KEY, atRest = false): Promise<Json> {
  return (await sysctl.observe(new Map([[key, null]]), host.host(atRest))).get(key)!;
}
const target = (value: string, observed: Json, name = KEY) =>
  sysctl.target(value, observed, { ...planning, name });
async function bring(host: FakeHost, value: string, key = KEY): Promise<void> {
  const wanted = target(value, await seen(host, key), key);
  if (!('to' in wanted)) throw new Error(JSON.stringify(wanted));
  await sysctl.enforce(key, wanted.to, host.host());
}
const withKernel = (value: string, path = KERNEL): FakeHost => {
  const host = new FakeHost();
  host.kernel.set(path, value);
  return host;
};

describe.each([
  ['the kernel has the value and nothing sets it at boot', (_: FakeHost) => {}],
  ['a drop-in of ours gives another value', (host: FakeHost) => void host.put(DROP_IN, `${KEY} = 7\n`)],
  ['somebody changed the drop-in’s mode', (host: FakeHost) => void host.put(DROP_IN, 'x', 0o600)],
])('where %s', (_what, prepare) => {
  test.each(['0', '1'])('the value %s is live and at boot after one step', async (value) => {
    const host = withKernel('0');
    prepare(host);
    await bring(host, value);
    expect(host.kernel.get(KERNEL)).toBe(value);
    expect(host.text(DROP_IN)).toBe(
      `# Written by Holdfast; edits are put back. To edit here, stop it first: systemctl stop holdfast\n${KEY} = ${value}\n`,
    );
    const again = target(value, await seen(host));
    expect('to' in again && sysctl.settled(again.to, await seen(host))).toBe(true);
  });

  test('going back restores the kernel’s value and the drop-in', async () => {
    const host = withKernel('0');
    host.makeFolders('/etc/sysctl.d');
    prepare(host);
    const first = await seen(host);
    const before = host.snapshot();
    await bring(host, '1');
    await sysctl.enforce(KEY, first, host.host());
    expect(host.snapshot()).toBe(before);
  });
});

describe('names', () => {
  // sysctl.d(5): the first separator decides, and the other one then stands for itself, swapped.
  test.each([
    ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
    ['net/ipv4/ip_forward', 'net/ipv4/ip_forward'],
    ['net.ipv4.conf.eth0/100.rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
    ['net/ipv4/conf/eth0.100/rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
    ['vm.swappiness', 'vm/swappiness'],
  ])('%s is /proc/sys/%s', (key, path) => {
    expect(kernelPath(key)).toBe(path);
  });

  test('an interface with a dot and one without never share a drop-in', () => {
    const keys = ['net.ipv4.conf.eth0/100.rp_filter', 'net.ipv4.conf.eth0.rp_filter'];
    const [dotted, plain] = keys.map(dropInPath);
    expect(dotted).toBe('/etc/sysctl.d/99-holdfast-net.ipv4.conf.eth0~100.rp_filter.conf');
    expect(plain).toBe('/etc/sysctl.d/99-holdfast-net.ipv4.conf.eth0.rp_filter.conf');
  });

  test('a VLAN’s parameter is set where the kernel has it', async () => {
    const host = withKernel('1', 'net/ipv4/conf/eth0.100/rp_filter');
    await bring(host, '2', 'net.ipv4.conf.eth0/100.rp_filter');
    expect(host.kernel.get('net/ipv4/conf/eth0.100/rp_filter')).toBe('2');
  });
});

test('the kernel’s tabs and a person’s spaces are the same value', async () => {
  const host = withKernel('1024\t65000', 'net/ipv4/ip_local_port_range');
  const key = 'net.ipv4.ip_local_port_range';
  await bring(host, ' 1024   65000 ', key);
  expect(host.log).toEqual([`write ${dropInPath(key)}`]);
});

test('a parameter that the kernel does not have yet waits', async () => {
  const observed = await seen(new FakeHost(), 'net.netfilter.nf_conntrack_max');
  expect(target('1', observed, 'net.netfilter.nf_conntrack_max')).toEqual({
    waiting: 'the kernel has no such parameter yet (is the module that brings it loaded?)',
  });
});

describe('an image at rest', () => {
  test('gets the drop-in, and nothing is asked of a kernel', async () => {
    const host = new FakeHost();
    const wanted = target('1', await seen(host, KEY, true));
    expect('to' in wanted && wanted.to).toMatchObject({ live: null });
    await sysctl.enforce(KEY, 'to' in wanted ? wanted.to : null, host.host(true));
    expect(host.text(DROP_IN)).toContain(`${KEY} = 1`);
  });

  test('what was first seen at rest can be put back on the running host', async () => {
    const host = new FakeHost();
    const first = await seen(host, KEY, true);
    host.kernel.set(KERNEL, '0');
    await bring(host, '1');
    await sysctl.enforce(KEY, first, host.host());
    expect(host.text(DROP_IN)).toBeNull();
    expect(sysctl.settled(first, await seen(host))).toBe(true);
  });
});

test('a huge file in the drop-in’s place is not read into every plan', async () => {
  const host = withKernel('0').put(DROP_IN, 'x'.repeat(65 * 1024));
  await expect(seen(host)).rejects.toThrow(/larger than 64 KiB.*Remove it/);
});

describe('what is said of a change', () => {
  const say = (from: Json, to: Json) => sysctl.describe(from, to, { secret: false, text: () => '' }).summary;
  const state = (live: string | null, text: string | null, mode = 0o644) => ({
    dropIn: text === null ? null : { text, mode, owner: 'root', group: 'root' },
    live,
    running: true,
  });
  test.each([
    [state('0', null), state('1', 'x'), ['0 → 1', 'set at boot']],
    [state('1', null), state('1', 'x'), ['set at boot']],
    [state('0', 'x'), state('1', 'x'), ['0 → 1']],
    [state('1', 'x'), state('0', null), ['1 → 0', 'no longer set at boot']],
    [state('1', 'x', 0o600), state('1', 'x'), ['drop-in mode 0600 → 0644']],
    [state('1', 'x'), { ...state('1', null), live: null }, ['no longer set at boot']],
  ])('%j → %j', (from, to, summary) => {
    expect(say(from, to)).toEqual(summary);
  });
});

describe('a file that is read after ours', () => {
  const notices = async (host: FakeHost, key = KEY): Promise<readonly string[]> =>
    sysctl.notices(key, '1', await seen(host, key), host.host().files);

  test.each([
    ['/etc/sysctl.d/99-zz.conf', `${KEY}=0`],
    ['/etc/sysctl.d/99-zz.conf', ` - net/ipv4/ip_forward   =  0  `],
    ['/usr/lib/sysctl.d/99-protect-links.conf', `${KEY} = 1\n${KEY} = 0`],
    ['/run/sysctl.d/99-i.conf', `# ${KEY} = 1\n; x\n${KEY} = 0`],
  ])('and gives another value is named: %s with %j', async (path, text) => {
    const host = withKernel('1').put(path, text);
    expect(await notices(host)).toEqual([
      `${path} sets ${KEY} to 0 and is read after ours: it wins at the next boot until Holdfast corrects it. Remove that line.`,
    ]);
  });

  test.each([
    ['is read before ours', '/etc/sysctl.d/10-early.conf', `${KEY} = 0`],
    ['gives the same value', '/etc/sysctl.d/99-zz.conf', `${KEY} = 1`],
    ['is about another parameter', '/etc/sysctl.d/99-zz.conf', 'net.ipv4.ip_forward_use_pmtu = 0'],
    ['is a comment', '/etc/sysctl.d/99-zz.conf', `#${KEY} = 0`],
    ['is no configuration', '/etc/sysctl.d/99-zz.conf.bak', `${KEY} = 0`],
    ['is ours, for another parameter', '/etc/sysctl.d/99-holdfast-vm.swappiness.conf', `${KEY} = 0`],
  ])('is not named when it %s', async (_what, path, text) => {
    expect(await notices(withKernel('1').put(path, text))).toEqual([]);
  });

  test('is not named when a file of the same name in /etc takes its place', async () => {
    const host = withKernel('1').put('/usr/lib/sysctl.d/99-zz.conf', `${KEY} = 0`);
    host.put('/etc/sysctl.d/99-zz.conf', '# nothing');
    expect(await notices(host)).toEqual([]);
  });
});
