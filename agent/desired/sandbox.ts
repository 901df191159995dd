import { compileFunction, createContext, Script } from 'node:vm';
import { isNativeError } from 'node:util/types';

/** What was run did not come to an end by itself. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** The arguments and the result are the caller's business: a template's function is eta's to call. */
type Compiled = (...args: never[]) => string;

/**
 * A world of its own for the code of templates: the language and nothing else, no `process`, no timers, no network,
 * so that a slip cannot end the agent; what it leaves in `globalThis` or in a prototype stays in there. A fence against
 * mistakes, not against malice: whoever can push to the repository is root on the hosts anyway.
 */
export type Sandbox = {
  compile(body: string, parameters: readonly string[]): Compiled;
  /** Calls `work` and all that it calls, at most so long; then throws `TooLong`. */
  run(work: () => string): string;
};

/** The name under which the work is handed in: only what is in there can be run with a time limit. */
const WORK = '__holdfast_work';

export function openSandbox(timeoutMs: number): Sandbox {
  const handed: Record<string, unknown> = {};
  // Promises would go on after the time limit; text is not to be compiled at all.
  const context = createContext(handed, {
    microtaskMode: 'afterEvaluate',
    codeGeneration: { strings: false, wasm: false },
  });
  const call = new Script(`${WORK}()`);
  return {
    compile: (body, parameters) => compileFunction(body, parameters, { parsingContext: context }) as Compiled,
    run: (work) => {
      handed[WORK] = work;
      try {
        return call.runInContext(context, { timeout: timeoutMs }) as string;
      } catch (error) {
        throw isTimeout(error) ? new TooLong() : error;
      }
    },
  };
}

/** It is made of the sandbox's own class of errors. */
const isTimeout = (error: unknown): boolean =>
  isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** An error of the sandbox's own classes as one of ours, which `instanceof` knows. */
export function ours(error: unknown): unknown {
  if (!isNativeError(error) || error instanceof Error) return error;
  const { name, message } = error as Error;
  if (name === 'ReferenceError') return new ReferenceError(message);
  // The other range errors (a text too long, a list too long) have words of their own.
  if (name === 'RangeError' && /call stack/.test(message)) return new RangeError(message);
  return new Error(message);
}
