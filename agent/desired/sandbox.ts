import { compileFunction, createContext, Script, type Context } from 'node:vm';
import { isNativeError } from 'node:util/types';

/** For one call, and for all of them. */
export type Limits = { readonly eachMs: number; readonly togetherMs: number };

/** What was run did not come to an end by itself. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
  readonly of: 'each' | 'together';
  readonly limitMs: number;
  constructor(of: TooLong['of'], limits: Limits) {
    super();
    this.of = of;
    this.limitMs = of === 'each' ? limits.eachMs : limits.togetherMs;
  }
}

/** The arguments and the result are the caller's business: a template's function is eta's to call. */
type Compiled = (...args: never[]) => string;

/**
 * A world of its own for the code of templates: the language and nothing else, no `process`, no timers, no network,
 * so that a slip cannot end the agent; what it leaves in `globalThis` or in a prototype stays in there. A fence against
 * mistakes, not against malice: what is handed in leads back out. Whoever can have a commit accepted is root on the
 * hosts anyway. A worker thread would be no better fence (it has the process's files and network), and Node's
 * permission model (`--permission`) binds a whole process.
 */
export type Sandbox = {
  compile(body: string, parameters: readonly string[]): Compiled;
  /** Calls `work` and all that it calls, within the limits; else throws `TooLong`. */
  run(work: () => string): string;
  /** Begins a new world: nothing that was left in the old one is there. What was compiled before belongs to the old one. */
  forget(): void;
};

/** A time-out like that of `runInContext` itself, which asks nobody for a clock either. */
// oxlint-disable-next-line no-restricted-properties
const spentMs = (): number => performance.now();

/** The name under which the work is handed in: only what is in there can be run with a time limit. */
const WORK = '__holdfast_work';

/**
 * Memory that V8's limit for the heap (`--max-old-space-size`) does not count: a loop that fills arrays of bytes would
 * have the kernel end etcd for it, long before the agent. No text needs them.
 */
const OUTSIDE_THE_HEAP = new Script(`
  for (const name of ['ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Atomics', 'WebAssembly'])
    delete globalThis[name];
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (/^(?:Big)?(?:Int|Uint|Float)\\d+(?:Clamped)?Array$/.test(name)) delete globalThis[name];
`);

function newContext(): Context {
  // Promises would go on after the time limit; text is not to be compiled at all.
  const context = createContext(
    {},
    { microtaskMode: 'afterEvaluate', codeGeneration: { strings: false, wasm: false } },
  );
  OUTSIDE_THE_HEAP.runInContext(context);
  return context;
}

export function openSandbox(limits: Limits): Sandbox {
  let context = newContext();
  const call = new Script(`${WORK}()`);
  let leftMs = limits.togetherMs;
  return {
    compile: (body, parameters) => compileFunction(body, parameters, { parsingContext: context }) as Compiled,
    run: (work) => {
      context[WORK] = work;
      const of = leftMs < limits.eachMs ? 'together' : 'each';
      if (leftMs < 1) throw new TooLong(of, limits);
      const fromMs = spentMs();
      try {
        return call.runInContext(context, { timeout: Math.ceil(Math.min(leftMs, limits.eachMs)) }) as string;
      } catch (error) {
        throw isTimeout(error) ? new TooLong(of, limits) : error;
      } finally {
        leftMs -= spentMs() - fromMs;
      }
    },
    forget: () => {
      context = newContext();
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
