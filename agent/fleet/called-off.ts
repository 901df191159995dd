import type { Held } from '../report/status.ts';

/** What stood in the way of a moment shortly before it came. Nothing has been touched. */
export class CalledOff extends Error {
  override readonly name = 'CalledOff';
  readonly held: Held;
  constructor(held: Held) {
    super(held.why);
    this.held = held;
  }
}
