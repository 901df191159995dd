import { setTimeout as wait } from 'node:timers/promises';

/** Ends early, and well, when the signal is given. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  wait(ms, undefined, signal === undefined ? {} : { signal }).catch((cause: unknown) => {
    if (signal?.aborted !== true) throw cause;
  });
