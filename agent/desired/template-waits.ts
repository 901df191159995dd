import type { EtaConfig } from 'eta/core';
import { TemplateFailure } from './template-failure.ts';

type Plugin = EtaConfig['plugins'][number];
type Tag = { readonly val: string; readonly lineNo?: number };

const WAITS = /\basync\s*(?:function\b|\(|[\w$]+\s*(?:=>|\())|\b(?:include|capture|block)Async\b|\bPromise\b/;

/**
 * Refuses code that would go on after its template: what it throws then is nobody's to catch, and ends the agent.
 * The word alone may stand in a text ("async" is an option of mount).
 */
export const refuseWaiting: Plugin = {
  processAST: (ast) => {
    const nodes: readonly (string | Tag)[] = ast;
    for (const node of nodes)
      if (typeof node === 'object' && WAITS.test(node.val))
        throw new TemplateFailure(
          { file: null, line: node.lineNo ?? 1 },
          'a template cannot wait for anything. Remove what is async.',
          null,
        );
    return ast;
  },
};
