import { createHash } from 'node:crypto';
import type { BlobRef } from '../host/host.ts';
import { id, type Id, type Origin, type Resource } from '../resources/kind.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { KeyPath } from './key-path.ts';
import type { Written } from './layers.ts';
import { bytesUnderFiles, textUnderFiles } from './repository-files.ts';
import { isTemplate } from './schema.ts';
import type { TemplateContext } from './template-context.ts';
import { templateDiagnostic } from './template-diagnostic.ts';
import { TemplateFailure } from './template-failure.ts';
import { SecretProblem, type Secrets } from './secrets.ts';
import type { Rendered, Template, Templates } from './templates.ts';
import type { Tree } from './tree.ts';
import type { Pointing } from './yaml-source.ts';

/** A resource but for what the registry adds, and where its parts are written. */
export type Draft = {
  readonly resource: Omit<Resource, 'scope'>;
  readonly kind: string;
  readonly at: Written;
  readonly requiresAt: Written;
  /** Where the part of the spec that a kind complains of is written. */
  readonly specAt: (path: KeyPath) => Written;
};

/** One host's rendering: what the sections need, and where they leave what they find. */
export type Rendering = {
  readonly diagnostics: Diagnostic[];
  readonly blobs: Map<string, Uint8Array>;
  /** The repository's path of the password's file, if it has one. */
  readonly secretFile: string | null;
  /** What files may hold of secrets: to find it in them again. */
  readonly confided: readonly string[];
  say(at: Written, message: string, how?: Pointing): void;
  /** A text of a YAML file, which may be a template; `null`: it fails, and that has been said. */
  text(at: Written, text: string): Promise<Rendered | null>;
  /** A template under files/. */
  template(at: Written, name: string): Promise<Rendered | null>;
  bytes(at: Written, name: string): Promise<Uint8Array | null>;
  /** Of a secret. */
  secret(at: Written, name: string): Uint8Array | null;
  blob(bytes: Uint8Array): BlobRef;
};

export type RenderingOf = {
  readonly tree: Tree;
  readonly templates: Templates;
  readonly context: TemplateContext;
  readonly secretFile: string | null;
  readonly confided: readonly string[];
  readonly secrets: Secrets;
  readonly onUse: (secret: string) => void;
};

export function rendering(asked: RenderingOf): Rendering {
  const { tree, secretFile, confided } = asked;
  const diagnostics: Diagnostic[] = [];
  const blobs = new Map<string, Uint8Array>();
  const say: Rendering['say'] = (at, message, how) => {
    diagnostics.push(at.source.diagnose(at.path, message, how));
  };
  const render = renderer(asked, diagnostics);
  return {
    diagnostics,
    blobs,
    secretFile,
    confided,
    say,
    text: (at, text) =>
      isTemplate(text) ? render(at, { file: null, text }) : Promise.resolve({ text, secret: false }),
    template: async (at, name) => {
      const found = await textUnderFiles(tree, name);
      if ('text' in found) return render(at, { file: name, text: found.text });
      say(at, found.problem);
      return null;
    },
    bytes: async (at, name) => {
      const found = await bytesUnderFiles(tree, name);
      if ('bytes' in found) return found.bytes;
      say(at, found.problem);
      return null;
    },
    secret: (at, name) => {
      const found = secretBytes(name, asked);
      if (typeof found !== 'string') return found;
      say(at, found);
      return null;
    },
    blob: (bytes) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      blobs.set(sha256, bytes);
      return { sha256, size: bytes.byteLength };
    },
  };
}

function secretBytes(name: string, { secrets, onUse }: RenderingOf): Uint8Array | string {
  try {
    onUse(name);
    return secrets.bytes(name);
  } catch (error) {
    if (error instanceof SecretProblem) return error.message;
    throw error;
  }
}

/** A template that fails is said, with its own line, and gives `null`. */
function renderer({ tree, templates, context }: RenderingOf, diagnostics: Diagnostic[]) {
  return async (at: Written, template: Template): Promise<Rendered | null> => {
    try {
      return await templates.render(template, context);
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error;
      diagnostics.push(await templateDiagnostic(error, at, tree));
      return null;
    }
  };
}

/** A text that goes somewhere everybody can read: `null` also when it holds a secret, and that has been said. */
export async function openText(host: Rendering, at: Written, text: string): Promise<string | null> {
  const rendered = await host.text(at, text);
  if (!rendered?.secret) return rendered?.text ?? null;
  host.say(
    at,
    'reads a secret (it.vrrp.authPass, or one of it.secrets), and what stands here shows in logs and plans. Only the content of a file may hold one.',
  );
  return null;
}

export function originOf(at: Written): Origin {
  return { file: at.source.file, ...at.source.place(at.path, 'key') };
}

/** A draft of a resource that has nothing but a spec. */
export function plainDraft(
  kind: string,
  name: string,
  at: Written,
  spec: Resource['spec'],
  requires: readonly Id[] = [],
): Draft {
  const resource = {
    id: id(kind, name),
    spec,
    secret: false,
    notify: [],
    requires,
    validate: [],
    waitFor: [],
    origin: originOf(at),
  };
  return { resource, kind, at, requiresAt: at, specAt: () => at };
}
