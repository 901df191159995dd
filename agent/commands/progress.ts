import type { Environment } from './environment.ts';

/** Nobody wonders before that. */
const SILENCE_MS = 2_000;

/** Says what is waited for to somebody who watches a terminal, once it has taken longer than two seconds. */
export async function withProgress<T>(
  what: string,
  { watched, every, err }: Environment,
  act: () => Promise<T>,
): Promise<T> {
  if (!watched) return act();
  const stop = every(SILENCE_MS, () => {
    stop();
    err(`${what} …\n`);
  });
  try {
    return await act();
  } finally {
    stop();
  }
}
