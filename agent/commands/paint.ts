import { createColors } from 'picocolors';
import { PLAIN, type Paint } from '../plan/format-plan.ts';

export function paintFor(colour: boolean): Paint {
  if (!colour) return PLAIN;
  const { green, red, dim, bold } = createColors(true);
  return { add: green, remove: red, dim, strong: bold };
}
