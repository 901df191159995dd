import { asCandidate, type Generation } from '../transaction/generations.ts';
import type { Candidate, From } from '../desired/candidate.ts';
import type { Source } from './source.ts';

/**
 * A desired state that was in force before, asked for once more: `holdfast rollback`. It is a new candidate like any
 * other, so it is judged, verified and, if need be, taken back like any other. Needs neither Git nor templates.
 */
export function sourceFromGeneration(wanted: Generation, nowMs: () => number): Source {
  return {
    newest: async ({ accepted }) => ({
      newest: candidateAgain(wanted),
      head: wanted.commit,
      ok: true,
      why: null,
      again: {
        restored: wanted.generation,
        // Back to the newest commit's own generation: there is nothing newer to keep away.
        head: accepted === wanted.commit?.sha ? null : accepted,
        atMs: nowMs(),
      },
    }),
  };
}

/**
 * Not `{ generation }`: that stands for what is in force, and its differences for drift. What it no longer names was
 * once not there, and a person has asked for that: no emptied file is behind it.
 */
function candidateAgain(wanted: Generation): Candidate {
  return { ...asCandidate(wanted), from: fromOf(wanted), allowMassRemoval: true };
}

function fromOf({ commit, generation }: Generation): From {
  if (commit === null) return { directory: `generation ${generation}` };
  return { commit: commit.sha, author: commit.author, subject: commit.subject };
}
