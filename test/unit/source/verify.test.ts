import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VerifyConfig } from '../../../agent/config.ts';
import type { Signers } from '../../../agent/host/git-signers.ts';
import { openVerifier, type Verifier } from '../../../agent/source/verify.ts';
import { Agent, Origin, temporaryFolder } from '../../support/git-fixture.ts';
import { commitBy, forged, Keys, mergeBy, type Signing } from '../../support/signing.ts';

const keys = new Keys();
const [ada, bob, eve] = [keys.ssh('ada'), keys.ssh('bob'), keys.ssh('eve')];
const [pgpAda, pgpEve, pgpOld] = [
  keys.openpgp('ada'),
  keys.openpgp('eve'),
  keys.openpgp('old', '20250101T000000'),
];
const pgpGone = keys.openpgp('gone');

/** A host with its files of signers, and the state repository that it follows. */
class World {
  readonly origin = new Origin();
  readonly agent = new Agent();
  readonly folder = temporaryFolder();
  readonly allowed = this.file('allowed_signers', '');
  /** How often Git was asked about signatures. */
  asked = 0;
  nowMs = 1_000_000;
  #verifier: Verifier | null = null;

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode: 0o644 });
    return path;
  }
  allow(...lines: readonly string[]): this {
    this.file('allowed_signers', `${lines.join('\n')}\n`);
    return this;
  }

  /** Fetches, and asks whether the head may be followed. */
  async refusal(
    accepted: string | null,
    more: Partial<Signers> & Partial<Omit<VerifyConfig, 'signers'>> = {},
  ): Promise<string | null> {
    const { mode = 'head', pin = null, ...signers } = more;
    const { git } = this.agent;
    await git.fetch(this.origin.remote, 60_000);
    const head = await git.fetched(this.origin.remote);
    if (head === null) throw new Error('nothing was fetched');
    const counting: typeof git = {
      ...git,
      signatures: (...args) => {
        this.asked += 1;
        return git.signatures(...args);
      },
    };
    const all = { allowedSigners: this.allowed, revocationFile: null, openpgpKeys: null, ...signers };
    this.#verifier ??= openVerifier({
      git: counting,
      verify: { mode, pin, signers: all },
      nowMs: () => this.nowMs,
    });
    return this.#verifier.refusal(head, accepted);
  }
}

const line = (name: string, { publicKey }: { publicKey: string }, options = ''): string =>
  `${name}@home ${options === '' ? '' : `${options} `}${publicKey}`;

/** A, which nobody signed and which was accepted, and one more commit. */
function oneMore(signing: Signing | null): World & { a: string; b: string } {
  const world = new World();
  const a = commitBy(world.origin, 'A', null);
  const b = commitBy(world.origin, 'B', signing);
  return Object.assign(world, { a, b });
}

describe('a commit that is signed by somebody who may', () => {
  it('with an SSH key goes through', async () => {
    const world = oneMore(ada).allow(line('ada', ada, 'namespaces="git"'));
    expect(await world.refusal(world.a)).toBeNull();
  });

  it('with an OpenPGP key goes through, from a file of keys and from a folder of them', async () => {
    const world = oneMore(pgpAda);
    const one = world.file('ada.asc', pgpAda.exported());
    expect(await world.refusal(world.a, { allowedSigners: null, openpgpKeys: one })).toBeNull();
    const other = oneMore(pgpAda);
    mkdirSync(join(other.folder, 'openpgp'));
    other.file('openpgp/eve.asc', pgpEve.exported());
    other.file('openpgp/ada.asc', pgpAda.exported());
    expect(await other.refusal(other.a, { openpgpKeys: join(other.folder, 'openpgp') })).toBeNull();
  });

  it('leaves neither keys nor settings behind', async () => {
    const world = oneMore(pgpAda);
    await world.refusal(world.a, { openpgpKeys: world.file('ada.asc', pgpAda.exported()) });
    expect(readdirSync(join(world.agent.state, 'source')).toSorted()).toEqual(['home', 'repository.git']);
  });

  it('goes through although the key is out of its time today, if it was in it when it was made', async () => {
    // The commits of these tests are of 2026-01-02.
    const world = oneMore(ada).allow(line('ada', ada, 'valid-after="20260101",valid-before="20260103"'));
    expect(await world.refusal(world.a)).toBeNull();
  });
});

describe('a commit is refused, with the key and the way out, when', () => {
  const tail = (b: string): string =>
    ` Push it again signed by somebody who may; or, if you have read what it changes: sudo holdfast accept ${b} --unsigned`;

  it('nobody signed it', async () => {
    const world = oneMore(null).allow(line('ada', ada));
    expect(await world.refusal(world.a)).toBe(
      `it is not signed, and agent.yaml asks for a signature (verify).${tail(world.b)}`,
    );
  });

  it('an unknown SSH key signed it', async () => {
    const world = oneMore(eve).allow(line('ada', ada));
    expect(await world.refusal(world.a)).toBe(
      `it is signed with the SSH key ${eve.key}, which is not in ${world.allowed}.${tail(world.b)}`,
    );
  });

  it('an unknown OpenPGP key signed it', async () => {
    const world = oneMore(pgpEve);
    const openpgpKeys = world.file('keys.asc', pgpAda.exported());
    expect(await world.refusal(world.a, { openpgpKeys })).toBe(
      `it is signed with the OpenPGP key ${pgpEve.key}, which is not in ${openpgpKeys}.${tail(world.b)}`,
    );
  });

  it.each([
    ['valid-before="20250101"', 'key has expired: verify time 2026-01-02'],
    ['valid-after="20270101"', 'key is not yet valid: verify time 2026-01-02'],
  ])('its SSH key has %s', async (option, says) => {
    const world = oneMore(ada).allow('# who may', line('ada', ada, option));
    expect(await world.refusal(world.a)).toContain(
      `it is signed with the SSH key ${ada.key} out of its time: ${world.allowed}:2: ${says}`,
    );
  });

  it('its OpenPGP key has expired', async () => {
    const world = oneMore(pgpOld);
    const openpgpKeys = world.file('old.asc', pgpOld.exported());
    expect(await world.refusal(world.a, { openpgpKeys })).toContain(
      `it is signed with the OpenPGP key ${pgpOld.key} (old <old@home>) out of its time: it has expired. Export it anew to ${openpgpKeys}`,
    );
  });

  it('its SSH key is revoked, although it is still allowed', async () => {
    const world = oneMore(ada).allow(line('ada', ada));
    const revocationFile = world.file('revoked', `${ada.publicKey}\n`);
    expect(await world.refusal(world.a, { revocationFile })).toContain(
      `it is signed with the SSH key ${ada.key} (ada@home), which is revoked: it is in ${revocationFile}`,
    );
  });

  it('its OpenPGP key is revoked in what its owner handed out', async () => {
    const world = oneMore(pgpGone);
    pgpGone.revoke();
    const openpgpKeys = world.file('gone.asc', pgpGone.exported());
    expect(await world.refusal(world.a, { openpgpKeys })).toContain(
      `it is signed with the OpenPGP key ${pgpGone.key} (gone <gone@home>), which its owner has revoked.`,
    );
  });

  it('its SSH key may sign files, and no commits', async () => {
    const world = oneMore(ada).allow(line('ada', ada, 'namespaces="file"'));
    expect(await world.refusal(world.a)).toContain(
      `it is signed with the SSH key ${ada.key}, which ${world.allowed} allows for other things only (namespaces without "git").`,
    );
  });

  it.each([
    ['SSH', ada, ada.key],
    ['OpenPGP', pgpAda, pgpAda.key],
  ] as const)('it was changed after it was signed (%s)', async (kind, signing, key) => {
    const world = oneMore(signing).allow(line('ada', ada));
    forged(world.origin, '\nB\n', '\nB, and more\n');
    const openpgpKeys = world.file('ada.asc', pgpAda.exported());
    const revocationFile = world.file('revoked', `${eve.publicKey}\n`);
    expect(await world.refusal(world.a, { openpgpKeys, revocationFile })).toMatch(
      new RegExp(`^it is not what the ${kind} key ${key.replaceAll(/[+]/g, '\\+')}.* has signed: `),
    );
  });

  it('it is signed in a way that agent.yaml does not ask for', async () => {
    const world = oneMore(pgpAda).allow(line('ada', ada));
    expect(await world.refusal(world.a)).toContain(
      `it is signed with the OpenPGP key ${pgpAda.key}, which is not asked about: agent.yaml names no verify.openpgpKeys.`,
    );
  });

  it('it is signed with a kind of key that nobody checks', async () => {
    const world = oneMore(ada).allow(line('ada', ada));
    forged(world.origin, '-----BEGIN SSH SIGNATURE-----', '-----BEGIN SIGNED MESSAGE-----');
    expect(await world.refusal(world.a)).toContain('a kind of key that Holdfast checks');
  });

  it('its signer was removed since the last commit', async () => {
    //  A---B(bob)---C(bob)
    const world = oneMore(bob).allow(line('ada', ada), line('bob', bob));
    expect(await world.refusal(world.a)).toBeNull();
    world.allow(line('ada', ada));
    commitBy(world.origin, 'C', bob);
    expect(await world.refusal(world.b)).toContain(`the SSH key ${bob.key}, which is not in`);
  });
});

describe('mode every:', () => {
  //  A---B(ada)-----M(ada)  main
  //   \            /
  //    U----------'         nobody signed U
  function merged(side: Signing | null) {
    const world = new World().allow(line('ada', ada));
    const { origin } = world;
    const a = commitBy(origin, 'A', null);
    origin.git('switch', '--quiet', '-c', 'side');
    const u = commitBy(origin, 'U', side, { u: '' });
    origin.git('switch', '--quiet', 'main');
    commitBy(origin, 'B', ada, { b: '' });
    const m = mergeBy(origin, 'side', ada);
    return { world, a, u, m };
  }

  it('what comes by the second parent of a merge must be signed as well', async () => {
    const { world, a, u, m } = merged(null);
    expect(await world.refusal(a, { mode: 'every' })).toBe(
      `commit ${u.slice(0, 12)} "U" by Ada Lovelace, which comes with it, is not signed, and agent.yaml asks for a signature (verify). Push them again signed by somebody who may; or, if you have read what it changes: sudo holdfast accept ${m} --unsigned`,
    );
    const signed = merged(ada);
    expect(await signed.world.refusal(signed.a, { mode: 'every' })).toBeNull();
  });

  it('mode head is content with the signature of the merge', async () => {
    const { world, a } = merged(null);
    expect(await world.refusal(a, { mode: 'head' })).toBeNull();
  });

  it('what the accepted commit has already is not asked about', async () => {
    const { world, m } = merged(null);
    commitBy(world.origin, 'C', ada);
    expect(await world.refusal(m, { mode: 'every' })).toBeNull();
  });

  it('one commit without a signature before a signed head is refused, and mode head follows', async () => {
    //  A---B---C(ada)
    const world = oneMore(null).allow(line('ada', ada));
    commitBy(world.origin, 'C', ada);
    expect(await world.refusal(world.a, { mode: 'every' })).toContain(
      `commit ${world.b.slice(0, 12)} "B" by Ada Lovelace, which comes with it, is not signed`,
    );
    const other = oneMore(null).allow(line('ada', ada));
    commitBy(other.origin, 'C', ada);
    expect(await other.refusal(other.a)).toBeNull();
  });

  it('of more than one batch each is verified', async () => {
    //  A---B---0(ada)---…---19(ada)
    const world = oneMore(null).allow(line('ada', ada));
    for (let n = 0; n < 20; n++) commitBy(world.origin, `${n}`, ada);
    expect(await world.refusal(world.a, { mode: 'every' })).toContain(`"B" by`);
    expect(world.asked).toBe(3);
  });
});

describe('a host that has accepted no commit yet', () => {
  it('takes none by itself, signed or not, and says how to begin', async () => {
    const world = oneMore(ada).allow(line('ada', ada));
    expect(await world.refusal(null)).toBe(
      `this host has accepted no commit yet (it is new, or its state directory was lost), and agent.yaml asks for signatures (verify). An old commit is signed as well as the newest, so somebody has to say where to begin: compare ${world.b} with your own "git log", then run "sudo holdfast accept ${world.b}", or name it in agent.yaml: verify: { commit: ${world.b} }`,
    );
    expect(world.asked).toBe(0);
  });

  it('begins with the commit that agent.yaml pins, and verifies what comes after it', async () => {
    const world = oneMore(ada).allow(line('ada', ada));
    expect(await world.refusal(null, { pin: world.a, mode: 'every' })).toBeNull();
    const unsigned = oneMore(null).allow(line('ada', ada));
    expect(await unsigned.refusal(null, { pin: unsigned.a })).toContain('it is not signed');
  });

  it('takes the pinned commit as it is', async () => {
    const world = oneMore(null).allow(line('ada', ada));
    expect(await world.refusal(null, { pin: world.b })).toBeNull();
  });

  it('refuses a branch that does not contain the pinned commit, however well it is signed', async () => {
    //  A---B(ada)  pinned
    //   \
    //    C(ada)    main: an older state that somebody plays again
    const world = oneMore(ada).allow(line('ada', ada));
    world.origin.git('reset', '--quiet', '--hard', world.a);
    const c = commitBy(world.origin, 'C', ada);
    expect(await world.refusal(null, { pin: world.b })).toBe(
      `this host has accepted no commit yet, and is to begin with ${world.b} (verify.commit in agent.yaml), which the branch, now at ${c}, does not contain. Push the branch that does, or correct verify.commit.`,
    );
  });
});

describe('who may sign is said by this host alone:', () => {
  it('nothing in the repository or of a user has a say', async () => {
    const world = oneMore(null);
    const witness = join(world.folder, 'ran');
    const settings = `[gpg "ssh"]\n\tallowedSignersFile = ${world.origin.path}/allowed_signers\n\tprogram = touch ${witness}\n[gpg]\n\tprogram = touch ${witness}\n`;
    commitBy(world.origin, 'C', eve, {
      allowed_signers: line('eve', eve),
      config: settings,
      '.mailmap': 'Ada Lovelace <ada@home> Eve <eve@home>\n',
      '.gitattributes': '* filter=x\n',
    });
    const before = process.env['HOME'];
    process.env['HOME'] = world.folder;
    world.file('.gitconfig', settings);
    try {
      expect(await world.refusal(world.a)).toContain(
        `the SSH key ${eve.key}, which is not in ${world.allowed}`,
      );
    } finally {
      process.env['HOME'] = before;
    }
    expect(readdirSync(world.folder)).not.toContain('ran');
  });

  it.each([
    [
      'the allowed signers',
      'allowed_signers',
      (w: World): Partial<Signers> => ({ allowedSigners: w.allowed }),
    ],
    [
      'the revoked keys',
      'revoked',
      (w: World): Partial<Signers> => ({ revocationFile: w.file('revoked', '') }),
    ],
    ['the OpenPGP keys', 'k.asc', (w: World) => ({ openpgpKeys: w.file('k.asc', pgpAda.exported()) })],
  ])('%s are not believed where others can write them', async (_, name, signersOf) => {
    const world = oneMore(pgpAda).allow(line('ada', ada));
    commitBy(world.origin, 'C', name === 'k.asc' ? pgpAda : ada);
    const signers = signersOf(world);
    const path = join(world.folder, name);
    chmodSync(path, 0o664);
    expect(await world.refusal(world.a, signers)).toBe(
      `${path} can be changed by others than root, who could so become root: its mode is 0664. Run "chmod go-w ${path}", then look at what it says.`,
    );
  });

  it('nor is a folder of keys into which others can put theirs', async () => {
    const world = oneMore(pgpAda);
    const openpgpKeys = join(world.folder, 'openpgp');
    mkdirSync(openpgpKeys);
    world.file('openpgp/ada.asc', pgpAda.exported());
    chmodSync(openpgpKeys, 0o777);
    expect(await world.refusal(world.a, { openpgpKeys })).toContain('can be changed by others than root');
  });

  it('a file that is missing, a link, or no key refuses everything and is named', async () => {
    const missing = oneMore(ada);
    const nowhere = join(missing.folder, 'nowhere');
    expect(await missing.refusal(missing.a, { allowedSigners: nowhere })).toBe(
      `${nowhere}, which agent.yaml names under verify, does not exist, so no signature can be checked. Put it there.`,
    );
    const linked = oneMore(ada).allow(line('ada', ada));
    const link = join(linked.folder, 'link');
    symlinkSync(linked.allowed, link);
    expect(await linked.refusal(linked.a, { allowedSigners: link })).toContain(`${link} is a symbolic link`);
    const garbage = oneMore(pgpAda);
    const openpgpKeys = garbage.file('garbage.asc', 'no key\n');
    expect(await garbage.refusal(garbage.a, { openpgpKeys })).toContain(
      `${openpgpKeys} could not be read as OpenPGP keys.`,
    );
  });
});

describe('a refused commit', () => {
  it('is verified once, and again when somebody changes who may sign', async () => {
    const world = oneMore(eve).allow(line('ada', ada));
    const why = await world.refusal(world.a);
    expect(await world.refusal(world.a)).toBe(why);
    expect(world.asked).toBe(1);
    world.allow(line('ada', ada), line('eve', eve));
    expect(await world.refusal(world.a)).toBeNull();
  });

  it('is asked about in every cycle while it cannot be verified', async () => {
    const world = oneMore(ada);
    const allowedSigners = join(world.folder, 'nowhere');
    await world.refusal(world.a, { allowedSigners });
    await world.refusal(world.a, { allowedSigners });
    expect(world.asked).toBe(2);
  });

  it('is verified again after a while, for what no file of signers tells', async () => {
    const world = oneMore(eve).allow(line('ada', ada));
    await world.refusal(world.a);
    world.nowMs += 5 * 60_000;
    await world.refusal(world.a);
    expect(world.asked).toBe(2);
  });
});
