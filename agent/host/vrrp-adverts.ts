import { isIPv4 } from 'node:net';
import { endOf } from './ask-command.ts';

/** Somebody who takes part in VRRP on this network. `addresses`: what it stands for. */
export type Advert = {
  readonly source: string;
  readonly version: number;
  readonly routerId: number;
  readonly priority: number;
  readonly addresses: readonly string[];
};
export type AdvertsHeard = { readonly heard: readonly Advert[] } | { readonly unknown: string };

/**
 * Node has no raw sockets; perl-base has, and is essential in Debian, so it is on every host. The packet socket hears
 * what arrives before any firewall sees it: multicast (the group is joined, packet(7), ip(7)), and unicast to this
 * host; not what others send each other by unicast, nor what this host sends. The password that an advert of version 2
 * ends with is not printed.
 */
const LISTENER = `
use strict;
use Socket;
my ($interface, $seconds) = @ARGV;
socket(my $group, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\\n";
# SIOCGIFINDEX, netdevice(7)
my $request = pack('a16x24', $interface);
ioctl($group, 0x8933, $request) or die "there is no interface $interface\\n";
my $index = unpack('x16i', $request);
setsockopt($group, 0, 35, inet_aton('224.0.0.18') . pack('x4i', $index)) or die "group: $!\\n";
socket(my $wire, 17, SOCK_DGRAM, unpack('S', pack('n', 0x0800))) or die "socket: $!\\n";
bind($wire, pack('SniSCCa8', 17, 0x0800, $index, 0, 0, 0, '')) or die "bind: $!\\n";
my $end = time() + $seconds;
$| = 1;
while ((my $left = $end - time()) > 0) {
  my $ready = '';
  vec($ready, fileno($wire), 1) = 1;
  next unless select($ready, undef, undef, $left < 1 ? $left : 1) > 0;
  defined(recv($wire, my $packet, 2048, 0)) or next;
  next if length($packet) < 28 || ord(substr($packet, 9, 1)) != 112;
  my $advert = substr($packet, 4 * (ord($packet) & 15));
  next if length($advert) < 8;
  my ($kind, $id, $priority, $count) = unpack('C4', $advert);
  next if length($advert) < 8 + 4 * $count;
  my @addresses = map { inet_ntoa(substr($advert, 8 + 4 * $_, 4)) } 0 .. $count - 1;
  print join(' ', inet_ntoa(substr($packet, 12, 4)), $kind >> 4, $id, $priority, @addresses), "\\n";
}
`;

/** What is heard in a few whole seconds, each sender of a VRID once. */
export async function hearAdverts(interfaceName: string, seconds: number): Promise<AdvertsHeard> {
  const argv = ['perl', '-e', LISTENER, '--', interfaceName, String(seconds)];
  const ended = await endOf(argv, { timeoutMs: (seconds + 5) * 1_000, leavesNothing: true });
  if (ended.notStarted !== null) return { unknown: 'perl is not installed (Debian: perl-base)' };
  if (ended.exitCode !== 0)
    return { unknown: ended.stderr.trim().split('\n')[0] || 'listening did not come to its end' };
  return { heard: readAdverts(ended.stdout) };
}

/** Lines of what the listener prints. */
export function readAdverts(text: string): readonly Advert[] {
  const found = new Map<string, Advert>();
  for (const line of text.split('\n')) {
    const [source = '', ...words] = line.split(' ');
    const [version = 0, routerId = 0, priority = 0] = words.slice(0, 3).map(Number);
    if (isIPv4(source))
      found.set(`${source} ${routerId}`, { source, version, routerId, priority, addresses: words.slice(3) });
  }
  return [...found.values()];
}
