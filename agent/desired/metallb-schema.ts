import * as z from 'zod';
import { addressRange } from './address-range.ts';
import { mistake, strict, text, wants } from './schema.ts';

const HOW = 'Write it as MetalLB does, as in 10.1.200.0/24 or 10.1.200.1-10.1.200.99.';
const WHAT = 'a network or a range of addresses';

const range = text(WHAT, HOW, (value) =>
  addressRange(value) === undefined ? mistake(value, WHAT, HOW) : null,
);

/** What another one of the network hands out: Holdfast does nothing with it but look. */
export const metallbSection = strict(
  {
    addressPools: z
      .array(range, wants('a list of address pools', HOW))
      .default([])
      .describe(
        "The addresses of MetalLB's IPAddressPools. None of them may be the virtual IP or a node's: MetalLB would answer for it.",
      ),
  },
  'Write metallb: { addressPools: [10.1.200.0/24] }.',
)
  .optional()
  .describe('What MetalLB hands out in this network, so that it can be held against the addresses here.');
