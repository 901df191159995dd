import { beforeEach, describe, expect, test } from 'vitest';
import { reportFailure } from '../../../agent/report/report.ts';
import { readStatus, writeStatus } from '../../../agent/report/status-file.ts';
import { sysctl } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';
import { statusOf } from '../../support/status.ts';

let host: FakeHost;
let cycle: FakeCycle;
beforeEach(() => {
  host = new FakeHost();
  host.kernel.set('net/ipv4/ip_forward', '0');
  cycle = new FakeCycle(host);
});

describe('the status', () => {
  const places = () => ({ state: new FakeStateDirectory(), runtime: new FakeStateDirectory() });

  test('goes to the card only when something but the time changed', async () => {
    const on = places();
    await writeStatus(statusOf(), null, on);
    await writeStatus(statusOf({ atMs: 2_000_000 }), statusOf(), on);
    expect(JSON.parse(on.runtime.text('status.json'))).toMatchObject({ atMs: 2_000_000 });
    expect(JSON.parse(on.state.text('status.json'))).toMatchObject({ atMs: 1_000_000 });
  });

  test('goes to each place even when the other one is full', async () => {
    const on = places();
    await writeStatus(statusOf(), null, on);
    const full = () => Promise.reject(new Error('ENOSPC'));
    const { replace } = on.runtime;
    on.runtime.replace = full;
    await expect(writeStatus(statusOf({ atMs: 2_000_000 }), statusOf(), on)).rejects.toThrow('ENOSPC');
    expect(await readStatus(on)).toMatchObject({ atMs: 2_000_000 });
    on.runtime.replace = replace;
    on.state.replace = full;
    await expect(writeStatus(statusOf({ atMs: 3_000_000 }), null, on)).rejects.toThrow('ENOSPC');
    expect(await readStatus(on)).toMatchObject({ atMs: 3_000_000 });
  });

  test('is read from the card after a boot, and a torn one is passed over', async () => {
    const on = places();
    await writeStatus(statusOf(), null, on);
    on.runtime.files.set('status.json', new TextEncoder().encode('{"version":1,'));
    expect(await readStatus(on)).toEqual(statusOf());
    on.state.files.clear();
    expect(await readStatus(on)).toBeNull();
  });

  test('names a file that shadows one of ours, and an outage since it began', async () => {
    host.put('/etc/sysctl.d/99-zz.conf', 'net.ipv4.ip_forward = 0\n');
    cycle.commit(1, [sysctl('net.ipv4.ip_forward', '1')]).offline('down');
    const first = (await cycle.run()).status;
    expect(first.notices).toEqual([expect.stringMatching(/^\/etc\/sysctl\.d\/99-zz\.conf sets/)]);
    expect((await cycle.run()).status.source).toEqual({ ...first.source });
    expect((await cycle.offline(null).run()).status.source.sinceMs).toBeGreaterThan(first.source.sinceMs);
  });

  test('a notice that cannot be looked for changes no outcome', async () => {
    const tools = cycle.commit(1, [sysctl('net.ipv4.ip_forward', '1')]).tools();
    const list = (): never => {
      throw new Error('EIO');
    };
    cycle.tools = () => ({ ...tools, host: { ...tools.host, files: { ...tools.host.files, list } } });
    const { status } = await cycle.run();
    expect(status).toMatchObject({ outcome: 'changed', notices: ['sysctl[net.ipv4.ip_forward]: EIO'] });
  });
});

describe('a cycle that does not come to its end', () => {
  test('is said once, is in the status, and its end is said', async () => {
    await cycle.commit(1, []).run();
    await cycle.run();
    cycle.said.length = 0;
    await reportFailure('the disk is full', cycle.tools());
    await reportFailure('the disk is full', cycle.tools());
    expect(cycle.said).toEqual(['error This cycle did not come to its end: the disk is full']);
    expect(await readStatus(cycle.tools())).toMatchObject({ outcome: 'failed', why: 'the disk is full' });
    await cycle.run();
    expect(cycle.said).toEqual(['info The failure is over; this host is in desired state.']);
  });

  test('is said even when there is nowhere to write it', async () => {
    cycle.runtime.read = () => Promise.reject(new Error('EIO'));
    await reportFailure('the card is gone', cycle.tools());
    expect(cycle.said).toEqual(['error This cycle did not come to its end: the card is gone']);
  });
});
