import type { Entries } from './layers.ts';
import { plainDraft, type Draft } from './rendering.ts';

export const resourcesOfPackages = (entries: Entries<'present'>): readonly Draft[] =>
  [...entries].map(([name, { value, at }]) => plainDraft('package', name, at, value));
