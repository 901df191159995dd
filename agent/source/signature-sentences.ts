import type { Signature } from '../host/git.ts';
import type { Signers } from '../host/git-signers.ts';
import { shortSha } from '../plan/format-plan.ts';

/** Where the refused commit stands; `head` is refused with it. */
export type Standing = { readonly head: string; readonly signers: Signers };

/** Why a commit is refused for its signature: what is wrong with it, with which key, and the way out. */
export function whyRefused(signature: Signature, { head, signers }: Standing): string {
  const { commit } = signature;
  const isHead = commit.sha === head;
  const which = isHead
    ? 'it'
    : `commit ${shortSha(commit.sha)} "${commit.subject}" by ${commit.author}, which comes with it,`;
  return `${which} ${whatIsWrong(signature, signers)} Push ${isHead ? 'it' : 'them'} again signed by somebody who may; or, if you have read what it changes: sudo holdfast accept ${head} --unsigned`;
}

/** A clause without its subject. */
export function whatIsWrong(signature: Signature, signers: Signers): string {
  const { verdict, kind } = signature;
  const key = keyOf(signature);
  switch (verdict) {
    case 'good':
      return `is signed with ${key}.`;
    case 'unsigned':
      return 'is not signed, and agent.yaml asks for a signature (verify).';
    case 'unknown key':
      return `is signed with ${key}, which is not ${placeOf(kind, signers)}.`;
    case 'expired':
      return `is signed with ${key} out of its time: ${outOfTime(signature, signers)}.`;
    case 'revoked':
      return kind === 'ssh'
        ? `is signed with ${key}, which is revoked: it is in ${signers.revocationFile} (or a line of that file is no key).`
        : `is signed with ${key}, which its owner has revoked.`;
    case 'not for commits':
      return `is signed with ${key}, which ${signers.allowedSigners} allows for other things only (namespaces without "git").`;
    case 'bad':
      return `is not what ${key} has signed: the signature does not match the commit.`;
    case 'unclear':
      return `is signed with ${key}, and that could not be checked.`;
  }
}

function keyOf({ kind, key, signer }: Signature): string {
  const name = key === null ? 'a key that it does not name' : `the ${WORDS[kind ?? 'other']} key ${key}`;
  return signer === null ? name : `${name} (${signer})`;
}
const WORDS = { ssh: 'SSH', openpgp: 'OpenPGP', other: 'X.509' } as const;

function placeOf(kind: Signature['kind'], { allowedSigners, openpgpKeys }: Signers): string {
  if (kind === 'other') return 'a kind of key that Holdfast checks (SSH and OpenPGP are)';
  const [place, setting] = kind === 'ssh' ? [allowedSigners, 'allowedSigners'] : [openpgpKeys, 'openpgpKeys'];
  return place === null ? `asked about: agent.yaml names no verify.${setting}` : `in ${place}`;
}

function outOfTime({ outOfTime: at }: Signature, { allowedSigners, openpgpKeys }: Signers): string {
  if (at !== null) return `${allowedSigners}:${at.line}: ${at.why}`;
  return `it has expired. Export it anew to ${openpgpKeys} if its owner has prolonged it`;
}

/** A host that has accepted nothing cannot know which of two signed commits is the newer one that its owner meant. */
export const whyNotFirst = (head: string): string =>
  `this host has accepted no commit yet (it is new, or its state directory was lost), and agent.yaml asks for signatures (verify). An old commit is signed as well as the newest, so somebody has to say where to begin: compare ${head} with your own "git log", then run "sudo holdfast accept ${head}", or name it in agent.yaml: verify: { commit: ${head} }`;

export const whyNotThePin = (pin: string, head: string): string =>
  `this host has accepted no commit yet, and is to begin with ${pin} (verify.commit in agent.yaml), which the branch, now at ${head}, does not contain. Push the branch that does, or correct verify.commit.`;

export const whyTooMany = (most: number, since: string, head: string): string =>
  `it comes with more than ${most} commits that are not in ${shortSha(since)}, the last accepted one, and each of them would have to be verified (verify.mode: every). If this was meant: sudo holdfast accept ${head}`;
