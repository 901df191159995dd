import { createHash } from 'node:crypto';
import type { Json } from '../host/host.ts';
import { canonical } from '../resources/kind.ts';

/** A state by its digest: enough to know it again, and nothing of it can be read. */
export const digestOf = (state: Json): string => createHash('sha256').update(canonical(state)).digest('hex');
