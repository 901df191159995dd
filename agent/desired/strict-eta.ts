import { posix } from 'node:path';
import type { Eta } from 'eta/core';
import { strictly } from './strict-context.ts';
import { CONTEXT_NAMES } from './template-context.ts';
import { failureOf, printed } from './template-failure.ts';
import { syntaxFailure } from './template-syntax.ts';
import { trimCodeLines } from './template-trim.ts';

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

export type EtaUse = {
  /** Texts by their name under files/. */
  readonly included: ReadonlyMap<string, string>;
  /** Told the path of every value that a template reads, as in `it.vrrp.authPass`. */
  readonly onRead: (path: string) => void;
  readonly onInclude: (file: string) => void;
};

/** Eta with its looseness taken out: nothing undefined, nothing unprintable, nothing outside files/, and every error with its line. */
export async function strictEta({ included, onRead, onInclude }: EtaUse): Promise<Eta> {
  const { Eta } = await import('eta/core');
  const eta = new Eta({
    autoEscape: false,
    autoFilter: true,
    autoTrim: false,
    cache: true,
    // Brings the line of a failing tag.
    debug: true,
    filterFunction: printed,
    // Without the semicolon a tag that begins with "(" or "[" would be read as a call of that number.
    plugins: [trimCodeLines, { processFnString: (code) => code.replace(/^__eta\.line=\d+$/gm, '$&;') }],
  });
  const strict = strictly(onRead);
  const { compile, render } = eta;
  eta.compile = (text, options) => {
    try {
      return compile.call(eta, text, options);
    } catch (error) {
      throw syntaxFailure(error as Error, options?.filepath || null, () =>
        eta.compileToString(text, options),
      );
    }
  };
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
    throw failureOf(error, at, CONTEXT_NAMES);
  };
  return eta;
}

/** Relative to files/, or with `./` and `../` to the template that includes it; `.eta` where no suffix is given. */
function includedFile(name: string, from: string): string {
  const isRelative = name.startsWith('./') || name.startsWith('../');
  const path = posix.normalize(isRelative ? posix.join(posix.dirname(from), name) : name);
  if (path.startsWith('/') || path.startsWith('..'))
    throw new Error(`include(${JSON.stringify(name)}) leaves files/. Include only what is there`);
  return posix.extname(path) === '' ? `${path}.eta` : path;
}
