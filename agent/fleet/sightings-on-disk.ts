import type { StatusPlaces } from '../report/status-file.ts';
import { durableText, recallSightings, runtimeText } from './remembered.ts';
import { remember, type Look, type Sightings } from './sightings.ts';

/** Names in the state directory (it outlives a reboot) and in the runtime directory (it does not). */
const DURABLE = 'fleet.json';
const RUNTIME = 'fleet.json';

/** Sightings, with their part on disk. */
export class SightingsOnDisk {
  readonly #parts: StatusPlaces;
  #sightings: Sightings = new Map();
  #recalled: Promise<void> | null = null;
  #written = { durable: '', runtime: '' };
  constructor(parts: StatusPlaces) {
    this.#parts = parts;
  }
  get sightings(): Sightings {
    return this.#sightings;
  }
  recalled(): Promise<void> {
    this.#recalled ??= this.#recall().catch((cause: unknown) => {
      // A disk that could not be read once is read again at the next look.
      this.#recalled = null;
      throw cause;
    });
    return this.#recalled;
  }
  async #recall(): Promise<void> {
    const { state, runtime } = this.#parts;
    const text = (bytes: Uint8Array | null): string | null =>
      bytes === null ? null : new TextDecoder().decode(bytes);
    const durable = text(await state.read(DURABLE));
    const silent = text(await runtime.read(RUNTIME).catch(() => null));
    // A torn record of this boot does not take the durable one with it: who was applying a commit when it went silent.
    this.#sightings = recalledFrom(durable, silent) ?? recalledFrom(durable, null) ?? new Map();
  }
  async keep(look: Look, me: string): Promise<void> {
    this.#sightings = remember(this.#sightings, look, me);
    const { state, runtime } = this.#parts;
    const durable = durableText(this.#sightings);
    const silent = runtimeText(this.#sightings);
    if (durable !== this.#written.durable) await state.replace(DURABLE, durable);
    if (silent !== this.#written.runtime) await runtime.replace(RUNTIME, silent).catch(() => undefined);
    this.#written = { durable, runtime: silent };
  }
}

/** `null`: one of the two is torn. */
function recalledFrom(durable: string | null, silent: string | null): Sightings | null {
  try {
    return recallSightings(durable, silent);
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}
