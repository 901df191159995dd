import ipaddr from 'ipaddr.js';

export type Address = { readonly family: 'v4' | 'v6'; readonly address: string };

/**
 * An address or network in ufw's normal form (util.py, normalize_address): no /32 or /128, an IPv4 network without
 * host bits and with a prefix length, an IPv6 one as it is but compressed; `any` for all of a family.
 */
export function addressOf(word: string): Address | null {
  const [host = '', mask, ...rest] = word.toLowerCase().split('/');
  if (rest.length > 0) return null;
  if (ipaddr.IPv4.isValidFourPartDecimal(host) && !/(^|\.)0\d/.test(host)) return v4(host, mask);
  if (!/^[0-9a-f:.]+$/.test(host) || !ipaddr.IPv6.isValid(host)) return null;
  return v6(host, mask);
}

function v4(host: string, mask: string | undefined): Address | null {
  const bits = mask === undefined ? 32 : prefix(mask);
  if (bits === null) return null;
  if (bits === 0) return { family: 'v4', address: 'any' };
  if (bits === 32) return { family: 'v4', address: host };
  return {
    family: 'v4',
    address: `${ipaddr.IPv4.networkAddressFromCIDR(`${host}/${bits}`).toString()}/${bits}`,
  };
}

function v6(host: string, mask: string | undefined): Address | null {
  if (mask !== undefined && !/^(\d|[1-9]\d|1[01]\d|12[0-8])$/.test(mask)) return null;
  const address = ipaddr.IPv6.parse(host).toRFC5952String();
  if (mask === undefined || mask === '128') return { family: 'v6', address };
  return { family: 'v6', address: address === '::' && mask === '0' ? 'any' : `${address}/${mask}` };
}

/** `16`, or `255.255.0.0`; a mask with holes has no length, and no use. */
function prefix(mask: string): number | null {
  if (/^(\d|[12]\d|3[0-2])$/.test(mask)) return Number(mask);
  if (!ipaddr.IPv4.isValidFourPartDecimal(mask)) return null;
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask();
}

/**
 * Ports in ufw's normal form: `22`, `2379:2380`, `80,443`, in numeric order. A problem is a sentence. At most 15
 * ports, a range counting two: what iptables' multiport takes.
 */
export function portsOf(word: string): { readonly ports: string } | { readonly problem: string } {
  if (!/^\d+(:\d+)?(,\d+(:\d+)?)*$/.test(word))
    return {
      problem: `"${word}" is not a port. Write a number, a range or a list, as in 22, 2379:2380 or 80,443.`,
    };
  const ranges = word.split(',').map((range) => range.split(':').map(Number));
  if (ranges.flat().length > 15) return { problem: `"${word}" has more than 15 ports. Write two rules.` };
  for (const [low = 0, high = 65_536] of ranges.map((r) => [r[0], r[1] ?? r[0]])) {
    if (low < 1 || high > 65_535) return { problem: `"${word}" is not a port: ports go from 1 to 65535.` };
  }
  const backwards = ranges.find(([low, high]) => high !== undefined && low! >= high);
  if (backwards !== undefined)
    return { problem: `The range ${backwards.join(':')} ends before it begins. Write the lower port first.` };
  const sorted = ranges.toSorted((a, b) => a[0]! - b[0]! || (a[1] ?? 0) - (b[1] ?? 0));
  return { ports: sorted.map((range) => range.join(':')).join(',') };
}
