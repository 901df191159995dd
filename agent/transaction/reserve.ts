import type { StateDirectory } from '../host/host.ts';

const FILE = 'reserve';
/** A journal, a ledger and the copy beside the largest file that goes back; a Pi's card has it to spare. */
const LEAST = 1024 * 1024;

/**
 * Space that is ours already when a change has filled the disk: given free before the way back begins. What it takes
 * is known from the bytes that would go back. Throws when there is no room, before anything was changed.
 */
export async function takeReserve(state: StateDirectory, goingBack: number): Promise<void> {
  const wanted = Math.max(LEAST, goingBack * 2);
  const there = await state.size(FILE);
  if (there !== null && there >= wanted) return;
  // Not zeros: a file system that compresses or leaves holes would keep no space for them.
  await state.replace(FILE, noise(wanted));
}

export const giveReserve = (state: StateDirectory): Promise<void> => state.remove(FILE);

function noise(length: number): Uint8Array {
  const bytes = new Uint32Array(Math.ceil(length / 4));
  // xorshift32: bytes that do not compress are all that is asked of it.
  let x = 0x9e3779b9;
  for (let at = 0; at < bytes.length; at += 1) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[at] = x;
  }
  return new Uint8Array(bytes.buffer, 0, length);
}
