import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder } from './fresh-folder.ts';

/**
 * What systemd does for a unit with two OpenFile= lines: makes real unix datagram sockets, hands the connected ends to
 * the program as descriptors 3 and 4, says so in LISTEN_*, and reads what arrives until the program has ended. In
 * Perl, because Node cannot open such sockets and every Debian has Perl. One line a
 * datagram, in hexadecimal, into a file: the program may make standard error non-blocking.
 */
const RECEIVER = `
use strict; use Socket; use POSIX ':sys_wait_h';
my ($deaf, $file, @command) = @ARGV;
open my $out, '>', $file or die $!;
my %ours;
my %theirs;
for my $name ('journal', 'notify') {
  socketpair($ours{$name}, $theirs{$name}, AF_UNIX, SOCK_DGRAM, 0) or die $!;
}
my $pid = fork;
if ($pid == 0) {
  POSIX::dup2(fileno $theirs{journal}, 40);
  POSIX::dup2(fileno $theirs{notify}, 41);
  POSIX::close($_) for 3 .. 39;
  POSIX::dup2(40, 3);
  POSIX::dup2(41, 4);
  POSIX::close($_) for 40 .. 1023;
  @ENV{'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'} = ($$, 2, 'journal:notify');
  exec @command;
  POSIX::_exit(127);
}
close $_ for values %theirs, $deaf ? values %ours : ();
for (my $ended = 0; ; ) {
  my $heard = 0;
  for my $name ($deaf ? () : sort keys %ours) {
    while (defined recv $ours{$name}, my $datagram, 1 << 20, MSG_DONTWAIT) {
      $heard = 1;
      print $out "$name ", unpack('H*', $datagram), "\\n";
    }
  }
  last if $ended && !$heard;
  $ended ||= waitpid($pid, WNOHANG) == $pid;
  select undef, undef, undef, 0.005;
}
`;

export type Received = {
  readonly journal: readonly Buffer[];
  readonly notify: readonly Buffer[];
  /** What the program wrote to standard output. */
  readonly output: string;
};

/** `deaf`: nobody holds the other ends. */
export function underSystemd(program: string, options: { readonly deaf?: boolean } = {}): Received {
  const file = join(freshFolder(), 'received');
  const argv = ['-e', RECEIVER, options.deaf === true ? '1' : '', file, process.execPath, program];
  const { stdout, stderr, status } = spawnSync('perl', argv, { encoding: 'utf8', timeout: 15_000 });
  if (status !== 0) throw new Error(`the receiver failed: ${stderr}`);
  const heard = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => /^(journal|notify) ([0-9a-f]*)$/.exec(line));
  const of = (name: string): Buffer[] =>
    heard.flatMap((found) => (found?.[1] === name ? [Buffer.from(found[2]!, 'hex')] : []));
  return { journal: of('journal'), notify: of('notify'), output: stdout };
}
