import { spawn } from 'node:child_process';
import { once } from 'node:events';

const LAB = process.env['HOLDFAST_LAB_NAME'] ?? 'holdfast-lab';

/** An advert of version 2 every second, as another router of the network would send it. */
const SPEAKER = `
use Socket;
my ($id, $own, $address) = @ARGV;
socket(my $out, AF_INET, SOCK_RAW, 112) or die $!;
setsockopt($out, 0, 32, inet_aton($own)) or die $!;
my $advert = pack('C6n', 0x21, $id, 100, 1, 0, 1, 0) . inet_aton($address) . 'password';
while (1) { send($out, $advert, 0, pack_sockaddr_in(0, inet_aton('224.0.0.18'))); syswrite(STDOUT, "said\\n"); sleep 1; }
`;

/** Somebody outside the cluster (in the lab: at the client's place) who speaks VRRP until he is stopped, or the test ends. */
export async function vrrpStranger(
  routerId: number,
  own: string,
  address: string,
  namespace: string = LAB,
): Promise<{ readonly stop: () => void }> {
  const argv = [`--net=/run/netns/${namespace}`, '--', 'perl', '-e', SPEAKER, '--'];
  const child = spawn('nsenter', [...argv, String(routerId), own, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  await once(child.stdout, 'data');
  return { stop };
}
