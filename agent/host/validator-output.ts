/** HAProxy's prefix holds the number of its process: `[ALERT]    (1043) : config : parsing […] : …`. */
const HAPROXY = /^\[(NOTICE|WARNING|ALERT|EMERG|DEBUG)\]\s*(?:\(\d+\)\s*:\s*)?(?:config : )?/;
/** What HAProxy says of any configuration that it refuses. */
const SUMMARY = /^(?:Error\(s\) found in configuration file\b|Fatal errors found in configuration\b)/;
/** As syslog writes who speaks: `Keepalived[1043]: …`. */
const PROCESS = /^([\w-]+)\[\d+\]:/;

const MOST_LINES = 8;
const LONGEST = 1500;

/**
 * Of what a validator printed, the lines that say what is wrong. The same configuration is refused in the same words
 * in every cycle: a number of a process would make news of it each time.
 */
export function whatIsWrong(printed: string): readonly string[] {
  const lines = printed
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const said = lines.some((line) => line.startsWith('[ALERT]')) ? alerts(lines) : lines;
  const stable = said.map((line) => line.replace(HAPROXY, '').replace(PROCESS, '$1:').trim());
  const some = stable.length > MOST_LINES ? [...stable.slice(0, MOST_LINES), more(stable)] : stable;
  return some.map((line) => (line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line));
}

/** Alerts, with the lines that continue them, and without the summary unless it is all there is. */
function alerts(lines: readonly string[]): readonly string[] {
  let within = false;
  const found = lines.filter((line) => {
    const level = HAPROXY.exec(line)?.[1];
    if (level !== undefined) within = level === 'ALERT';
    return within;
  });
  const causes = found.filter((line) => !SUMMARY.test(line.replace(HAPROXY, '')));
  return causes.length > 0 ? causes : found;
}

const more = (lines: readonly string[]): string => `and ${lines.length - MOST_LINES} more lines`;
