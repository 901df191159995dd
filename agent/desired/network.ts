/** Whether an IPv4 address lies in the network of `cidr`, as in `10.1.1.2/16`. No IPv6 network has one. */
export function isInNetwork(address: string, cidr: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  if (network.includes(':')) return false;
  // By arithmetic: JavaScript's shifts are of signed 32-bit numbers, and a shift by 32 is one by 0.
  const hosts = 2 ** (32 - Number(length));
  return Math.floor(numberOfAddress(address) / hosts) === Math.floor(numberOfAddress(network) / hosts);
}

/** An IPv4 address as a number. */
export const numberOfAddress = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
