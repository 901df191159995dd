import type { Host } from './lab.ts';

/**
 * Every place of a host in which a secret may be found: all files, what processes were called with and given, the
 * journal as it is shown (on disk it may be compressed), and what the commands say. The words to look for travel by
 * standard input, for an argument would be found itself.
 */
export function whereaboutsOf(words: readonly string[], host: Host): Whereabouts {
  const patterns = { input: `${words.join('\n')}\n`, allowFail: true, timeoutMs: 120_000 } as const;
  const FOLDERS = '/etc /home /opt /root /run /srv /tmp /usr /var';
  const { stdout } = host.shell(`grep -rlaF --devices=skip -f - ${FOLDERS} 2>/dev/null | sort`, patterns);
  const said = (command: string): boolean =>
    host
      .shell(`cat >/dev/null; { ${command}; } 2>&1`, patterns)
      .stdout.split('\n')
      .some((line) => words.some((word) => line.includes(word)));
  return {
    files: stdout.split('\n').filter(Boolean),
    said: SAYING.filter(said),
  };
}
export type Whereabouts = { readonly files: readonly string[]; readonly said: readonly string[] };

const SAYING = [
  'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"',
  'journalctl --no-pager --all -o export | cat -v',
  'holdfast status --json; holdfast status; holdfast why; holdfast history --json; holdfast fleet --json',
  'holdfast plan; holdfast plan --json',
  'cat /var/lib/holdfast/*.json /var/lib/holdfast/generations/* /run/holdfast/agent/*',
];

/** Core dumps and reports, wherever the kernel or Node would put them since the agent was set up. */
export const coresOn = (host: Host): string =>
  host.shell(
    "find / -xdev -type f '(' -name 'core' -o -name 'core.*' -o -name '*.core' -o -name 'report.*.json' ')' -newer /etc/holdfast/agent.yaml",
    { allowFail: true },
  ).stdout;
