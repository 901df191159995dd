import { file } from './file.ts';
import type { Kinds } from './kind.ts';
import { packageKind } from './package.ts';
import { sysctl } from './sysctl.ts';
import { ufw } from './ufw.ts';
import { ufwRules } from './ufw-rules.ts';
import { unit } from './unit.ts';
import { yaml } from './yaml.ts';

/** Every kind there is. A new one is a file beside these and a word here: planning, rollback and the laws follow. */
export const KINDS: Kinds = new Map(
  [file, yaml, sysctl, ufwRules, ufw, unit, packageKind].map((k) => [k.kind, k]),
);
