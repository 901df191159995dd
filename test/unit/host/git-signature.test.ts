import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../agent/host/git-signature.ts';

describe('of all letters that Git gives a signature', () => {
  const good = (kind: 'ssh' | 'openpgp' | 'other', key = 'A1'.repeat(20)): readonly string[] =>
    [...'GUBXYREN?'].filter(
      (letter) => verdictOf(kind, { sha: '1'.repeat(40), letter, key, signer: null, said: '' }) === 'good',
    );

  it('an SSH signature is good with G alone: U is a key that nobody knows', () => {
    expect(good('ssh')).toEqual(['G']);
  });

  it('an OpenPGP signature is good with G, and with U, which is what gpg 2.4 makes Git say', () => {
    expect(good('openpgp')).toEqual(['G', 'U']);
  });

  it('what only claims to be an OpenPGP signature is not: Git found an SSH key', () => {
    expect(good('openpgp', 'SHA256:fKSwq5BeoIjV09T')).toEqual(['G']);
  });

  it('nothing else is good with U', () => {
    expect(good('other')).toEqual(['G']);
  });
});
