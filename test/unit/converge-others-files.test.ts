import { beforeEach, describe, expect, test } from 'vitest';
import type { Resource } from '../../agent/resources/kind.ts';
import { file, yaml } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';

/** A user's own file, edited by its path: what its owner makes of it is no reason to leave anything else undone. */

const CFG = '/etc/haproxy/haproxy.cfg';
const CONFIG = '/home/pi/.kube/config';
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const SERVER = 'clusters[name=kubernetes].cluster.server';
const VIP = 'https://10.1.233.1:6443';
const kubeconfig = (server: string): string =>
  `clusters:\n- cluster:\n    server: ${server}\n  name: kubernetes\n`;
const OWN = 'https://10.1.1.1:6443';

let host: FakeHost;
let cycle: FakeCycle;
beforeEach(() => {
  host = new FakeHost().put(CFG, 'as found\n').put(CONFIG, kubeconfig(OWN));
  cycle = new FakeCycle(host);
});
const wanted = (cfg: string, path = CONFIG): readonly Resource[] => [
  file(host, CFG, cfg),
  yaml(path, { [SERVER]: VIP }),
];

const cases = (path: string): readonly (readonly [string, string, string])[] => [
  [
    'a value that cannot be written without its comment',
    kubeconfig('# none yet'),
    `${path}:3:5: server cannot be edited without touching what stands around it. Edit it by hand.`,
  ],
  [
    'a value with an anchor',
    kubeconfig(`&own ${OWN}`),
    `${path}:3:18: ${SERVER} has an anchor (&own), and other places may mean it. Write them out.`,
  ],
  [
    'an alias',
    `x: &c {server: ${OWN}}\nclusters:\n- name: kubernetes\n  cluster: *c\n`,
    `${path}:4:12: clusters[name=kubernetes].cluster is an alias (*), and an edit through it would change other places. Write it out.`,
  ],
  [
    'no YAML',
    'clusters: [\n',
    `${path}:2:1: this is not valid YAML (BAD_INDENT). Mend it there; until then Holdfast leaves the file alone.`,
  ],
];

describe.each(cases(CONFIG))('%s', (_what, text, why) => {
  const waits = [{ id: `yaml[${CONFIG}]`, why }];

  test('waits alone: the commit is applied, and drift elsewhere is put right every time', async () => {
    host.put(CONFIG, text);
    const { status } = await cycle.commit(1, wanted('wanted\n')).run();
    expect(status).toMatchObject({ outcome: 'changed', generation: 1, refused: null, waiting: waits });
    for (const drift of ['one\n', 'two\n']) {
      host.put(CFG, drift);
      const after = await cycle.run();
      expect(after.status).toMatchObject({ outcome: 'changed', waiting: waits });
      expect(host.log).toEqual([`write ${CFG}`]);
    }
    expect(host.text(CONFIG)).toBe(text);
  });

  test('came after the commit: drift elsewhere is put right', async () => {
    await cycle.commit(1, wanted('wanted\n')).run();
    host.put(CONFIG, text).put(CFG, 'drift\n');
    expect((await cycle.run()).status).toMatchObject({ outcome: 'changed', waiting: waits });
    expect([host.text(CFG), host.text(CONFIG)]).toEqual(['wanted\n', text]);
  });

  test('is not what was first seen: that is what stands there when it can be edited', async () => {
    host.put(CONFIG, text);
    await cycle.commit(1, wanted('wanted\n')).run();
    const mended = kubeconfig('https://mended:6443');
    host.put(CONFIG, mended);
    await cycle.run();
    expect(host.text(CONFIG)).toBe(kubeconfig(VIP));
    await cycle.commit(2, [file(host, CFG, 'wanted\n')], true).run();
    expect(host.text(CONFIG)).toBe(mended);
  });

  test('has left the desired state: it goes back when it can be edited, and nothing waits for it', async () => {
    await cycle.commit(1, wanted('wanted\n')).run();
    host.put(CONFIG, text);
    const { status } = await cycle.commit(2, [file(host, CFG, 'next\n')], true).run();
    expect(status).toMatchObject({ outcome: 'changed', generation: 2 });
    expect(status.waiting.map((one) => one.why).join()).toContain(why);
    expect([host.text(CFG), host.text(CONFIG)]).toEqual(['next\n', text]);
    host.put(CONFIG, kubeconfig(VIP));
    await cycle.run();
    expect(host.text(CONFIG)).toBe(kubeconfig(OWN));
  });
});

test('what is no regular file waits alone as well', async () => {
  host.files.delete(CONFIG);
  host.makeFolders(CONFIG);
  const { status } = await cycle.commit(1, wanted('wanted\n')).run();
  expect(status).toMatchObject({ outcome: 'changed', refused: null });
  expect(status.waiting[0]?.why).toContain(`${CONFIG} is a directory`);
});

test('what requires such a file waits for it', async () => {
  host.put(CONFIG, kubeconfig('# none yet'));
  const needs = file(host, '/etc/other', 'x', { requires: [`yaml[${CONFIG}]`] });
  const { status } = await cycle.commit(1, [...wanted('wanted\n'), needs]).run();
  expect(status.waiting.map(({ id }) => id)).toEqual([`yaml[${CONFIG}]`, 'file[/etc/other]']);
});

test.each(cases(MANIFEST))('%s in a manifest: the commit is refused', async (_what, text, why) => {
  await cycle.commit(1, [file(host, CFG, 'wanted\n')]).run();
  host.put(MANIFEST, text).put(CFG, 'drift\n');
  const { status } = await cycle.commit(2, wanted('next\n', MANIFEST)).run();
  expect(status.refused?.reasons).toEqual([`yaml[${MANIFEST}]: ${why}`]);
  expect([host.text(CFG), host.text(MANIFEST)]).toEqual(['wanted\n', text]);
});
