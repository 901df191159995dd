import { isIP, isIPv4 } from 'node:net';
import { numberOfAddress } from './network.ts';

/** IPv4 addresses from one to another, both included. `null`: it is of IPv6 and holds none. */
export type AddressRange = { readonly first: number; readonly last: number } | null;

/** As MetalLB's IPAddressPool takes them: `10.1.200.0/24` or `10.1.200.1-10.1.200.99`; `undefined`: neither. */
export function addressRange(text: string): AddressRange | undefined {
  const [from = '', to, more] = text.split('-').map((part) => part.trim());
  if (more !== undefined) return undefined;
  if (to === undefined) return network(from);
  if (isIP(from) === 6 && isIP(to) === 6) return null;
  if (!isIPv4(from) || !isIPv4(to)) return undefined;
  const [first, last] = [numberOfAddress(from), numberOfAddress(to)];
  return first <= last ? { first, last } : undefined;
}

function network(cidr: string): AddressRange | undefined {
  const [address = '', length = '', more] = cidr.split('/');
  const bits = isIPv4(address) ? 32 : 128;
  if (more !== undefined || !/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  if (isIP(address) === 6) return null;
  if (!isIPv4(address)) return undefined;
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(numberOfAddress(address) / size) * size;
  return { first, last: first + size - 1 };
}

export function isInRange(address: string, range: AddressRange): boolean {
  const number = numberOfAddress(address);
  return range !== null && number >= range.first && number <= range.last;
}
