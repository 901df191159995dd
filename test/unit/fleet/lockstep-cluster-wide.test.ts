import { describe, expect, it } from 'vitest';
import { clusterWideIn } from '../../../agent/fleet/cluster-wide-in.ts';
import { clusterWideChanges } from '../../../agent/fleet/lockstep.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { file } from '../../support/desired.ts';

const vrrp = { routerId: 51, version: 2, advertIntervalMs: 1_000, transport: 'multicast' };

async function of(text: string | null, areLost = false) {
  const host = new FakeHost();
  const resources =
    text === null ? [] : [file(host, '/etc/keepalived/keepalived.conf', text, { secret: true })];
  const cluster = { vip: '10.1.233.1', vrrp, nodes: [] };
  return clusterWideIn({ cluster, resources }, async (blob) => (areLost ? null : host.blobs.text(blob)));
}
const withPassword = (password: string): string => `authentication {\n  auth_pass ${password}\n}\n`;

describe('the password is compared where it is, in the rendered configuration', () => {
  it('another one is a change', async () => {
    const [one, other] = [await of(withPassword('one')), await of(withPassword('other'))];
    expect(clusterWideChanges(one, other)).toEqual(['vrrp.authPass']);
    expect(clusterWideChanges(one, await of(`# auth_pass other\n${withPassword('one')}`))).toEqual([]);
  });
  it('none is a change from one', async () => {
    expect(clusterWideChanges(await of(withPassword('one')), await of('vrrp_instance VI_1 {\n}\n'))).toEqual([
      'vrrp.authPass',
    ]);
  });
  it.each([
    ['keepalived is not managed yet', () => of(null)],
    ['its bytes are lost', () => of(withPassword('other'), true)],
  ])('where %s it is not known, and that is no change', async (_, unknown) => {
    expect(clusterWideChanges(await unknown(), await of(withPassword('one')))).toEqual([]);
    expect(clusterWideChanges(await of(withPassword('one')), await unknown())).toEqual([]);
  });
});
