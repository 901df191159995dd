import { posix } from 'node:path';
import type { Eta, EtaConfig, Options, TemplateFunction } from 'eta/core';
import { ours, type Sandbox } from './sandbox.ts';
import { strictly } from './strict-context.ts';
import { CONTEXT_NAMES } from './template-context.ts';
import { failureOf, printed, TemplateFailure } from './template-failure.ts';
import { syntaxFailure } from './template-syntax.ts';
import { trimCodeLines } from './template-trim.ts';
import { refuseWaiting } from './template-waits.ts';

/** An `include` of a file that has not been read yet: eta cannot wait, so rendering begins anew once it has been. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
  readonly file: string;
  readonly from: { readonly file: string | null; readonly line: number } | null;
  constructor(file: string, from: NotRead['from']) {
    super(`files/${file} has not been read yet`);
    this.file = file;
    this.from = from;
  }
}

/** The last tag that a rendering came to: where it was when it was stopped. */
export type Reached = { file: string | null; line: number };

export type EtaUse = {
  /** Texts by their name under files/. */
  readonly included: ReadonlyMap<string, string>;
  readonly sandbox: Sandbox;
  readonly reached: Reached;
  /** Told the path of every value that a template reads, as in `it.vrrp.authPass`. */
  readonly onRead: (path: string) => void;
  readonly onInclude: (file: string) => void;
};

/** Eta with its looseness taken out: nothing undefined, nothing unprintable, nothing outside files/, and every error with its line. */
export async function strictEta({ included, sandbox, reached, onRead, onInclude }: EtaUse): Promise<Eta> {
  const { Eta } = await import('eta/core');
  const eta = new Eta(CONFIG);
  const strict = strictly(onRead);
  const { render } = eta;
  Object.assign(eta, { [REACH]: reaching(reached) });
  eta.compile = (text, options) => compile(eta, sandbox, text, options);
  // `include` hands on a copy of `it`, which has to be as strict as `it` was.
  eta.render = (template, data, meta) => render.call(eta, template, strict(data), meta);
  eta.resolvePath = (name, options) => {
    const file = includedFile(name, options?.filepath ?? '');
    onInclude(file);
    return file;
  };
  eta.readFile = (file) => {
    const text = included.get(file);
    if (text === undefined) throw new NotRead(file, null);
    return text;
  };
  eta.RuntimeErr = (error, _, line, filepath) => {
    const at = { file: filepath || null, line };
    // The innermost template asks for the file; those around it pass the question on.
    if (error instanceof NotRead) throw error.from ? error : new NotRead(error.file, at);
    throw failureOf(ours(error), at, CONTEXT_NAMES);
  };
  return eta;
}

/** What every compiled template calls at each of its tags; eta is its `this`. */
const REACH = '__reach';

const CONFIG: Partial<EtaConfig> = {
  autoEscape: false,
  autoFilter: true,
  autoTrim: false,
  cache: true,
  // Brings the line of a failing tag.
  debug: true,
  filterFunction: printed,
  functionHeader: `const ${REACH} = this.${REACH}(options.filepath);`,
  plugins: [
    refuseWaiting,
    trimCodeLines,
    {
      // Without the semicolon a tag that begins with "(" or "[" would be read as a call of that number.
      processFnString: (code) =>
        code.replace(/^__eta\.line=(\d+)$/gm, `$&;\n${REACH}($1, __eta.res.length);`),
    },
  ],
};

/** A loop that prints without end would have the agent killed for its memory, long before its time is up. */
const LONGEST_TEXT = 1024 * 1024;
const TOO_MUCH = 'the template prints more than 1 MiB. Look for a loop that does not end.';

/** Says so when a template printed too much; between tags nobody looks. */
export function checkLength(length: number, reached: Reached): void {
  if (length > LONGEST_TEXT) throw new TemplateFailure(reached, TOO_MUCH, null);
}

function reaching(reached: Reached) {
  return (file: string | undefined) =>
    (line: number, printedSoFar: number): void => {
      reached.file = file || null;
      reached.line = line;
      checkLength(printedSoFar, reached);
    };
}

function compile(
  eta: Eta,
  sandbox: Sandbox,
  text: string,
  options: Partial<Options> | undefined,
): TemplateFunction {
  try {
    return sandbox.compile(eta.compileToString(text, options), ['it', 'options']) as TemplateFunction;
  } catch (error) {
    const file = options?.filepath || null;
    if (error instanceof TemplateFailure) throw new TemplateFailure({ ...error, file }, error.message, null);
    throw syntaxFailure(error as Error, file, () => eta.compileToString(text, options));
  }
}

/** Relative to files/, or with `./` and `../` to the template that includes it; `.eta` where no suffix is given. */
function includedFile(name: string, from: string): string {
  const isRelative = name.startsWith('./') || name.startsWith('../');
  const path = posix.normalize(isRelative ? posix.join(posix.dirname(from), name) : name);
  if (path.startsWith('/') || path.startsWith('..'))
    throw new Error(`include(${JSON.stringify(name)}) leaves files/. Include only what is there`);
  return posix.extname(path) === '' ? `${path}.eta` : path;
}
