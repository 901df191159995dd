import { diffArrays } from 'diff';
import type { Host } from './lab.ts';

/**
 * What an operator would look at to say whether a host is as it was, a line for the host's shell for each. Left out:
 * times, what daemons and logs write, and kernel.*, vm.* and fs.*, which belong to the machine that the lab runs on.
 */
const SECTIONS = {
  paths: `managed -printf '%p %y %m %u %g %l\\n\\0' | tr -d '\\0'`,
  contents: `managed -type f -print0 | xargs -0 sha256sum`,
  // ACLs are among them. Python is there where ufw is.
  'extended attributes': `managed -print0 | python3 -c '
import os, sys
for path in sys.stdin.buffer.read().split(b"\\0")[:-1]:
    for name in os.listxattr(path, follow_symlinks=False):
        print(path.decode(), name, os.getxattr(path, name, follow_symlinks=False).hex())' 2>/dev/null`,
  'kernel parameters': `find /proc/sys/net -type f -perm -200 | sort | xargs grep -s . | sed 's!^/proc/sys/!!'`,
  ufw: `ufw status verbose; ufw show added`,
  // Without counters, and without what an empty table says.
  'kernel firewall': `for program in iptables ip6tables; do
      $program-save | awk -v program=$program '
        /^\\*/ { table = substr($0, 2) }
        /^:/ && $2 != "ACCEPT" { print program, table, "chain", substr($1, 2), $2 }
        /^-/ { print program, table, $0 }'
    done`,
  'unit files': `systemctl list-unit-files --no-legend --no-pager | awk '{ print $1, $2 }'`,
  // What asks for passwords at a console watches a folder, and all hosts share this machine's few inotify instances:
  // whether that failed says nothing.
  units: `for unit in haproxy keepalived nginx ufw; do echo "$unit $(systemctl is-active $unit)"; done
    systemctl list-units --state=failed --no-legend --no-pager --plain | grep -v '^systemd-ask-password-'`,
  // A daemon that was started anew is the same daemon: differences() passes over it.
  invocations: `systemctl show -p InvocationID haproxy keepalived`,
} as const;

/** What is nobody's to manage: Holdfast's own folder, and the lab's. */
const MANAGED = `managed() {
    find etc usr/local opt srv home var/spool/cron root/.kube '(' -path etc/holdfast -o -path etc/lab ')' -prune -o "$@" 2>/dev/null | sort -z
  }`;

/** What there is of a host for Holdfast to change: two equal pictures are one state. */
export const picture = (host: Host): string => sectionsOf(SECTIONS, host);

/** Where a host keeps what changes by itself: its logs, and what is gone with the next boot. */
const RESTLESS = ['/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp', '/var/log', '/root', '/etc'];

/**
 * The same, and all the rest: every path on the disk, every unit that systemd has loaded, what listens, addresses and
 * tables in the kernel. For who asks whether anything is left, on a host where nothing else goes on.
 */
export const wholePicture = (host: Host): string =>
  sectionsOf(
    {
      ...SECTIONS,
      'all paths': `find / -xdev '(' ${RESTLESS.map((path) => `-path ${path}`).join(' -o ')} ')' -prune -o -printf '%p %y %m %u %g %l\\n' | sort`,
      // What has ended well is no state, nor is what D-Bus starts when it is asked something.
      'loaded units': `systemctl list-units --no-legend --no-pager --plain --type=service,socket,timer,path,mount --state=active,failed,activating | awk '$4 != "exited" { print $1, $3, $4 }' | grep -vE '^systemd-(ask-password-|timedated|hostnamed|localed)' | sort`,
      listening: `ss -Hltun | awk '{ print $1, $5 }' | sort`,
      network: `ip -o address show; ip rule; ip route show table all | grep -v '^ff00'`,
      'tables in the kernel': `nft list tables 2>/dev/null || iptables-nft-save | grep '^\\*'`,
    },
    host,
  );

function sectionsOf(sections: Readonly<Record<string, string>>, host: Host): string {
  const lines = Object.entries(sections).map(([title, line]) => `echo '${HEAD}${title}'\n${line}`);
  return host.shell(['cd /', MANAGED, ...lines].join('\n'), { allowFail: true }).stdout;
}

const HEAD = '== ';

/**
 * What differs between two pictures, line by line and in order, each with its section. A daemon that was started anew
 * is the same daemon.
 */
export function differences(before: string, after: string): readonly string[] {
  const [had, has] = [read(before), read(after)];
  return [...new Set([...had.keys(), ...has.keys()])].flatMap((title) =>
    diffArrays(had.get(title) ?? [], has.get(title) ?? []).flatMap(({ added, removed, value }) =>
      added || removed ? value.map((line) => `${title}: ${added ? '+' : '-'} ${line}`) : [],
    ),
  );
}

function read(text: string): ReadonlyMap<string, string[]> {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith(HEAD)) sections.set(line.slice(HEAD.length), (lines = []));
    else if (line !== '' && !line.startsWith('InvocationID=')) lines.push(line);
  }
  return sections;
}
