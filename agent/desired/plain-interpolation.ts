import { SecretProblem } from './secrets.ts';
import { isSecretPath, type TemplateContext } from './template-context.ts';

/** A tag that only names a value: `<%= it.node.address %>`. */
const NAMED = /<%=\s*(it(?:\.[A-Za-z_]\w*)+)\s*%>/g;

/**
 * A text whose tags only name values that are there needs no compiler and no time limit: most of a large desired state
 * is such texts. `null`: anything else, and every mistake, is for the engine, which knows how to say what is wrong.
 */
export function interpolated(
  text: string,
  context: TemplateContext,
): { readonly text: string; readonly secret: boolean } | null {
  if (/<%|%>/.test(text.replaceAll(NAMED, ''))) return null;
  try {
    return named(text, context);
  } catch (error) {
    if (error instanceof SecretProblem) return null;
    throw error;
  }
}

function named(text: string, context: TemplateContext): ReturnType<typeof interpolated> {
  let secret = false;
  let isPlain = true;
  const result = text.replaceAll(NAMED, (_, path: string) => {
    const value = valueAt(path, context);
    secret ||= isSecretPath(path);
    isPlain &&= typeof value === 'string' || Number.isFinite(value);
    return String(value);
  });
  return isPlain ? { text: result, secret } : null;
}

function valueAt(path: string, context: TemplateContext): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, name)
          ? (at as Readonly<Record<string, unknown>>)[name]
          : undefined,
      context,
    );
}
