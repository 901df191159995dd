import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockstepProblems } from '../../../agent/fleet/lockstep-problems.ts';
import { openEarlier } from '../../../agent/host/git-earlier.ts';
import { openTree } from '../../../agent/host/tree.ts';
import { gitIn, temporaryFolder } from '../../support/git-fixture.ts';

/** When gitIn's commits are made. */
const COMMITTED = Date.UTC(2026, 0, 2, 3, 4, 5);
const MIN = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 19) + 'Z';

const cluster = ({
  vip = '10.1.233.1',
  at = null,
}: {
  vip?: string;
  at?: number | null;
}): string => `name: home
vip: ${vip}
interface: eth0
vrrp: { routerId: 51, authPass: { file: password } }
nodes:
  pi-1: { address: 10.1.1.1 }
  pi-2: { address: 10.1.1.2 }
${at === null ? '' : `rollout: { at: "${iso(at)}" }\n`}`;

class Checkout {
  readonly folder = temporaryFolder();
  /** Of the state in the repository. */
  readonly within: string;
  constructor(within = '.') {
    this.within = join(this.folder, within);
    gitIn(this.folder, 'init', '--quiet', '--initial-branch=main');
    this.write({ 'cluster.yaml': cluster({}), 'files/password': 'geheim1\n' }).commit();
  }
  write(files: Readonly<Record<string, string>>): this {
    mkdirSync(join(this.within, 'files'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.within, name), text);
    return this;
  }
  commit(): this {
    gitIn(this.folder, 'add', '--all');
    gitIn(this.folder, 'commit', '--quiet', '-m', 'a change');
    return this;
  }
}

async function said(directory: string, nowMs: number): Promise<readonly string[]> {
  const earlier = await openEarlier(directory);
  if (earlier === null) return ['nothing to compare'];
  const found = await lockstepProblems(openTree(directory), earlier, nowMs);
  return found.map(
    ({ severity, file, line, column, message }) => `${severity} ${file}:${line}:${column} ${message}`,
  );
}

const MISSING = expect.stringMatching(
  /^error cluster\.yaml:\d+:\d+ vip must change on all hosts at one moment, and/,
);

describe('validate, of what all hosts must agree on', () => {
  it.each([
    ['without a moment', {}, 'vip must change on all hosts at one moment, and rollout.at does not say when'],
    ['with one that is past', { at: COMMITTED - MIN }, 'is past'],
    ['with one in two days', { at: COMMITTED + 48 * 60 * MIN }, 'more than a day off'],
  ])('refuses a change that is not committed yet, %s', async (_, at, why) => {
    const checkout = new Checkout().write({ 'cluster.yaml': cluster({ vip: '10.1.233.2', ...at }) });
    const [problem, ...more] = await said(checkout.within, COMMITTED);
    expect(problem).toMatch(/^error cluster\.yaml:\d+:\d+ /);
    expect(problem).toContain(why);
    expect(more).toEqual([]);
  });
  it('refuses the same in the last commit', async () => {
    const checkout = new Checkout('home').write({ 'cluster.yaml': cluster({ vip: '10.1.233.2' }) }).commit();
    expect(await said(checkout.within, COMMITTED)).toEqual([MISSING]);
  });
  it('refuses another password, whose file alone has changed, and does not quote it', async () => {
    const checkout = new Checkout().write({ 'files/password': 'geheim2\n' });
    const [problem] = await said(checkout.within, COMMITTED);
    expect(problem).toContain('vrrp.authPass must change on all hosts at one moment');
    expect(problem).not.toMatch(/geheim/);
  });
  it('takes one with a moment that can come', async () => {
    const at = COMMITTED + 60 * MIN;
    const checkout = new Checkout().write({ 'cluster.yaml': cluster({ vip: '10.1.233.2', at }) });
    expect(await said(checkout.within, COMMITTED)).toEqual([]);
    expect(await said(checkout.commit().within, COMMITTED)).toEqual([]);
    // Afterwards it is no mistake of the commit.
    expect(await said(checkout.within, at + MIN)).toEqual([expect.stringMatching(/^warning .*is past/)]);
  });
  it('refuses a node that is added to unicast peers without a moment, and to nobody else', async () => {
    const unicast = (text: string): string => text.replace('{ routerId', '{ transport: unicast, routerId');
    const more = cluster({}).replace(/(.*pi-2.*\n)/, '$1  pi-3: { address: 10.1.1.3 }\n');
    const checkout = new Checkout().write({ 'cluster.yaml': more });
    expect(await said(checkout.within, COMMITTED)).toEqual([]);
    checkout
      .write({ 'cluster.yaml': unicast(cluster({})) })
      .commit()
      .write({ 'cluster.yaml': unicast(more) });
    expect(await said(checkout.within, COMMITTED)).toEqual([
      expect.stringMatching(
        /^error cluster\.yaml:\d+:\d+ list of unicast peers \(nodes\) must change on all hosts at one moment, and/,
      ),
    ]);
  });
  it('has nothing against another change, or against the first commit', async () => {
    const checkout = new Checkout();
    expect(await said(checkout.within, COMMITTED)).toEqual([]);
    expect(await said(checkout.write({ 'defaults.yaml': '{}\n' }).commit().within, COMMITTED)).toEqual([]);
  });
  it('says nothing outside Git, and of a shallow clone', async () => {
    expect(await said(temporaryFolder(), COMMITTED)).toEqual(['nothing to compare']);
    const checkout = new Checkout().write({ 'cluster.yaml': cluster({ vip: '10.1.233.2' }) }).commit();
    const clone = join(temporaryFolder(), 'clone');
    gitIn(checkout.folder, 'clone', '--quiet', '--depth=1', `file://${checkout.folder}`, clone);
    expect(await said(clone, COMMITTED)).toEqual([]);
  });
});

describe('a password that is a secret', () => {
  const secret = (text: string) => cluster({}).replace('{ file: password }', '{ secret: vrrp }') + text;
  const sealed = (name: string, set: string) => ({
    'secrets/vrrp.age': name,
    'secrets/vrrp.yaml': `set: '${set}'\nsha256: ${createHash('sha256').update(name).digest('hex')}\nto: {}\n`,
  });
  const begun = (): Checkout => {
    const checkout = new Checkout();
    mkdirSync(join(checkout.within, 'secrets'));
    return checkout.write({ 'cluster.yaml': secret(''), ...sealed('one', '2026-01-01') }).commit();
  };
  const MOMENT = 'vrrp.authPass must change on all hosts at one moment';

  it('and was in clear text before needs no moment: nobody can tell here, and the hosts will', async () => {
    expect(await said(begun().folder, COMMITTED)).toEqual([]);
  });

  it('and is set anew needs a moment', async () => {
    const checkout = begun().write(sealed('two', '2026-01-02'));
    expect((await said(checkout.folder, COMMITTED)).join()).toContain(MOMENT);
  });

  it('and was only encrypted anew needs none', async () => {
    expect(await said(begun().write(sealed('two', '2026-01-01')).folder, COMMITTED)).toEqual([]);
  });

  it('and was made anew with age itself needs a moment', async () => {
    const checkout = begun().write({ 'secrets/vrrp.age': 'two' });
    expect((await said(checkout.folder, COMMITTED)).join()).toContain(MOMENT);
  });
});
