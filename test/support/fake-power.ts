/** The agent is dead: what is left of it in memory can do nothing any more, whatever it catches. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * Ends the agent at a chosen boundary between two effects. Everything that outlives a process passes through here:
 * effects on the host, writes to its folders, questions about its health. What is dead is recognised by having no
 * effect any more, so code that catches everything cannot go on by mistake. After an effect and before the next are one
 * and the same moment for what is left on the disk, so each boundary is counted once.
 */
export class FakePower {
  /** What came behind each boundary; a second one for writes of which only a part may have come to the disk. */
  readonly boundaries: string[] = [];
  /** Called before every effect. Throw to have it fail: the agent lives on. `act` does it all the same. */
  fault: (what: string, act: () => unknown) => void = () => {};
  #isTheEnd: (n: number, where: string) => boolean = () => false;
  #dead = false;

  get dead(): boolean {
    return this.#dead;
  }

  /** The next run is ended at its n-th boundary, or never. */
  killAt(n: number): void {
    this.killWhen((at) => at === n);
  }
  killWhen(isTheEnd: (n: number, where: string) => boolean): void {
    this.boundaries.length = 0;
    this.#isTheEnd = isTheEnd;
    this.#dead = false;
  }

  /** `torn`: what is left when the power goes in the middle of it. */
  pass<T>(what: string, act: () => T, torn: (() => void) | null = null): T {
    this.#boundary(`before ${what}`);
    if (torn !== null) this.#boundary(`in the middle of ${what}`, torn);
    this.fault(what, act);
    return act();
  }

  #boundary(where: string, torn: () => void = () => {}): void {
    if (this.#dead) throw new Killed('the agent is dead');
    const n = this.boundaries.length;
    this.boundaries.push(where);
    if (!this.#isTheEnd(n, where)) return;
    torn();
    this.#dead = true;
    throw new Killed(where);
  }
}
