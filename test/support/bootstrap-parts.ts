import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** scripts/bootstrap/*.sh without a host: its functions, with all of its places below one folder. */

const TOP = new URL('../..', import.meta.url).pathname;

export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Whom it asks of the machine, and what it does to it: nothing here. Only what stands here is not the program's own. */
const WITHOUT_HOST = `
  run_alone() { stage_open "$FOLDER"; }
  for step in host_check hostname_check package_find clock_check network_check package_install hostname_set converge_once \\
    first_boot_done screen; do eval "$step() { :; }"; done
  package_is_whole() { return 1; }
  package_is_there() { return 0; }
  has_terminal() { return 1; }
  disk_sync() { :; }`;

const PLACES = `FOLDER=$1; shift
  mkdir -p "$FOLDER/etc"
  KEY=$FOLDER/etc/deploy_key AGE_KEY=$FOLDER/etc/age.key PINNED=$FOLDER/etc/known_hosts
  SIGNERS=$FOLDER/etc/allowed_signers CONFIGURATION=$FOLDER/etc/agent.yaml`;

/**
 * `line` with the arguments \`args\`, below \`folder\`, where \`agent\` is a shell line for what the agent does: "$@" is
 * what it is asked.
 */
export function withoutHost(folder: string, agent: string, line: string, ...args: readonly string[]): Ran {
  const text = [
    'set -Eeuo pipefail',
    `HERE=${join(TOP, 'scripts')} SELF=bootstrap.sh`,
    `for part in "$HERE"/bootstrap/*.sh; do . "$part"; done`,
    `eval "$(sed -n '/^host_main() {$/,/^}$/p' "$HERE/bootstrap.sh")"`,
    PLACES,
    WITHOUT_HOST,
    `agent() { ${agent}; }`,
    line,
  ].join('\n');
  const { status, stdout, stderr } = spawnSync('bash', ['-c', text, 'bash', folder, ...args], {
    encoding: 'utf8',
    input: '',
  });
  return { status, stdout, stderr };
}
