import { posix } from 'node:path';
import type { Eta } from 'eta/core';
import { NotRead, strictEta } from './strict-eta.ts';
import { CONTEXT_NAMES, SECRET_PATH, type TemplateContext } from './template-context.ts';
import { failureOf, TemplateFailure } from './template-failure.ts';

/** `file`: under files/, or `null` for a text of a YAML file. */
export type Template = { readonly file: string | null; readonly text: string };
/** `secret`: the VRRP password was read on the way. */
export type Rendered = { readonly text: string; readonly secret: boolean };
export type Templates = {
  /** Throws `TemplateFailure`. */
  render(template: Template, context: TemplateContext): Promise<Rendered>;
};

/** Reads a file under files/ for `include`; a sentence when it cannot. */
export type ReadInclude = (name: string) => Promise<{ readonly text: string } | { readonly problem: string }>;

/** One commit's templates, each compiled once. Eta is loaded with the first of them: a plain repository needs none. */
export function openTemplates(readInclude: ReadInclude, secretFile: string | null): Templates {
  let opened: Promise<Templates> | null = null;
  return {
    render: async (template, context) => {
      opened ??= engine(readInclude, secretFile);
      return (await opened).render(template, context);
    },
  };
}

async function engine(readInclude: ReadInclude, secretFile: string | null): Promise<Templates> {
  const included = new Map<string, string>();
  const read = { secret: false };
  const eta = await strictEta({
    included,
    onRead: (path) => (read.secret ||= path === SECRET_PATH),
    onInclude: (file) => (read.secret ||= file === secretFile),
  });
  const compiled = compiling(eta);
  const render = async (template: Template, context: TemplateContext): Promise<Rendered> => {
    read.secret = false;
    try {
      const text = eta.render(compiled(template), context, { filepath: template.file ?? '' });
      return { text, secret: read.secret };
    } catch (error) {
      if (!(error instanceof NotRead))
        throw failureOf(error, { file: template.file, line: 1 }, CONTEXT_NAMES);
      const found = await readInclude(error.file);
      if ('problem' in found)
        throw new TemplateFailure(
          { file: error.from?.file ?? template.file, line: error.from?.line ?? 1 },
          found.problem,
          posix.basename(error.file),
        );
      included.set(error.file, found.text);
      return render(template, context);
    }
  };
  return { render };
}

function compiling(eta: Eta): (template: Template) => ReturnType<Eta['compile']> {
  const compiled = new Map<string, ReturnType<Eta['compile']>>();
  return ({ file, text }) => {
    const key = `${file ?? ''}\n${text}`;
    const known = compiled.get(key) ?? eta.compile(text, { filepath: file ?? '' });
    compiled.set(key, known);
    return known;
  };
}
