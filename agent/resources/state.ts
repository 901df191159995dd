import * as z from 'zod';

/** Schemas that several kinds' states are made of. */
export const blobRef = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
});

/** Permission bits as `chmod` takes them; the file type is not part of it. */
export const mode = z.int().min(0).max(0o7777);

export const fileOnDisk = z.strictObject({ content: blobRef, mode, owner: z.string(), group: z.string() });

export const isFileOnDisk = (state: unknown): state is z.infer<typeof fileOnDisk> =>
  typeof state === 'object' && state !== null && 'content' in state;

/** `644` → `0644`, as people write it. */
export const octal = (bits: number): string => bits.toString(8).padStart(4, '0');
