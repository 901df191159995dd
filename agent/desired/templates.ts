import { posix } from 'node:path';
import type { Eta } from 'eta/core';
import { interpolated } from './plain-interpolation.ts';
import { openSandbox, ours, TooLong, type Limits } from './sandbox.ts';
import { checkLength, NotRead, strictEta, type Reached } from './strict-eta.ts';
import { CONTEXT_NAMES, isSecretPath, type TemplateContext } from './template-context.ts';
import { failureOf, TemplateFailure } from './template-failure.ts';

/** `file`: under files/, or `null` for a text of a YAML file. */
export type Template = { readonly file: string | null; readonly text: string };
/** `secret`: the VRRP password, or another secret, was read on the way. */
export type Rendered = { readonly text: string; readonly secret: boolean };
export type Templates = {
  /** Throws `TemplateFailure`. */
  render(template: Template, context: TemplateContext): Promise<Rendered>;
};

/** Reads a file under files/ for `include`; a sentence when it cannot. */
export type ReadInclude = (name: string) => Promise<{ readonly text: string } | { readonly problem: string }>;

/** What no template needs: rendering is done in milliseconds, on a busy Raspberry Pi too. */
const LONGEST_RENDERING_MS = 5_000;
/** All templates of a commit together: many slow ones must not keep the agent from its watchdog (2 min) either. */
const LONGEST_TOGETHER_MS = 30_000;

/** Longer ones are for the engine, which bounds what is printed. */
const LONGEST_PLAIN = 64 * 1024;

/** One commit's templates, each compiled once. Eta is loaded with the first of them: a plain repository needs none. */
export function openTemplates(
  readInclude: ReadInclude,
  secretFile: string | null,
  limits: Limits = { eachMs: LONGEST_RENDERING_MS, togetherMs: LONGEST_TOGETHER_MS },
): Templates {
  let opened: Promise<Templates> | null = null;
  return {
    render: async (template, context) => {
      const plain = interpolated(template.text, context);
      if (plain !== null && plain.text.length <= LONGEST_PLAIN) return plain;
      opened ??= engine(readInclude, secretFile, limits);
      return (await opened).render(template, context);
    },
  };
}

async function engine(
  readInclude: ReadInclude,
  secretFile: string | null,
  limits: Limits,
): Promise<Templates> {
  const included = new Map<string, string>();
  const read = { secret: false };
  const reached: Reached = { file: null, line: 1 };
  const sandbox = openSandbox(limits);
  const eta = await strictEta({
    included,
    sandbox,
    reached,
    onRead: (path) => (read.secret ||= isSecretPath(path)),
    onInclude: (file) => (read.secret ||= file === secretFile),
  });
  const { compiled, forget } = compiling(eta);
  /** A secret that a template leaves behind (a global, a prototype) must not be found by one that nobody takes for secret. */
  const attempt = (template: Template, context: TemplateContext): string => {
    try {
      const code = compiled(template);
      const text = sandbox.run(() => eta.render(code, context, { filepath: template.file ?? '' }));
      checkLength(text.length, reached);
      return text;
    } finally {
      if (read.secret) {
        sandbox.forget();
        forget();
      }
    }
  };
  const render = async (template: Template, context: TemplateContext): Promise<Rendered> => {
    read.secret = false;
    Object.assign(reached, { file: template.file, line: 1 });
    try {
      return { text: attempt(template, context), secret: read.secret };
    } catch (error) {
      if (!(error instanceof NotRead)) throw whyNot(error, reached);
      await readMissing(error, template, readInclude, included);
      return render(template, context);
    }
  };
  return { render };
}

function whyNot(error: unknown, reached: Reached): TemplateFailure {
  if (!(error instanceof TooLong)) return failureOf(ours(error), reached, CONTEXT_NAMES);
  const seconds = error.limitMs / 1000;
  const what =
    error.of === 'each'
      ? `the template did not end within ${seconds} s`
      : `the templates of this commit need more than ${seconds} s together`;
  return new TemplateFailure(reached, `${what}. Look for a loop that does not end.`, null);
}

async function readMissing(
  { file, from }: NotRead,
  template: Template,
  readInclude: ReadInclude,
  included: Map<string, string>,
): Promise<void> {
  const found = await readInclude(file);
  if ('text' in found) {
    included.set(file, found.text);
    return;
  }
  const at = { file: from?.file ?? template.file, line: from?.line ?? 1 };
  throw new TemplateFailure(at, found.problem, posix.basename(file));
}

/** Each template is compiled once, and what it includes is (eta keeps that), until all are forgotten. */
function compiling(eta: Eta) {
  const known = new Map<string, ReturnType<Eta['compile']>>();
  const compiled = ({ file, text }: Template): ReturnType<Eta['compile']> => {
    const key = `${file ?? ''}\n${text}`;
    const found = known.get(key) ?? eta.compile(text, { filepath: file ?? '' });
    known.set(key, found);
    return found;
  };
  const forget = (): void => {
    known.clear();
    eta.templatesSync.reset();
  };
  return { compiled, forget };
}
