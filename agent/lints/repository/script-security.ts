import {
  keepalivedBlocks,
  statement,
  statementsIn,
  type Block,
  type Statement,
} from '../../desired/keepalived-blocks.ts';
import { KEEPALIVED, type Finding, type Lint, type LintedHost } from './lint.ts';

/** keepalived runs scripts as root where it may, and `keepalived -t` exits with 6 over any script without this. */
export const scriptSecurity: Lint = ({ hosts }) => hosts.flatMap(unsafe);

function unsafe({ role, keepalived }: LintedHost): readonly Finding[] {
  const conf = keepalivedBlocks(keepalived ?? '');
  const [script] = scriptsIn(conf);
  if (script === undefined) return [];
  const globals = statementsIn(conf, 'global_defs');
  const finding = (severity: Finding['severity'], { line }: Statement, sentence: string): Finding => ({
    severity,
    hostname: role.hostname,
    file: KEEPALIVED,
    line,
    sentence,
  });
  if (!globals.some(({ words }) => words[0] === 'enable_script_security'))
    return [
      finding(
        'error',
        script,
        'it runs scripts, and global_defs lacks enable_script_security: "keepalived -t" fails over that. Add it there, with a script_user that is not root.',
      ),
    ];
  const user = globals.findLast(({ words }) => words[0] === 'script_user');
  if (user?.words[1] !== 'root') return [];
  return [
    finding(
      'warning',
      user,
      'script_user is root: whoever can change a script is root, too. Name a user of its own, as in keepalived_script.',
    ),
  ];
}

/**
 * What makes keepalived run something: `notify*` of instances, groups and the whole, and scripts that are declared,
 * tracked or not (2.2.7 and 2.3.3, measured). `notify_fifo` and `notify_priority_changes` start nothing.
 */
const RUNS =
  /^((vrrp_|lvs_)?notify_fifo_script|notify(_(master|backup|fault|stop|deleted|master_rx_lower_pri))?|(startup|shutdown)_script)$/;

function scriptsIn(at: Pick<Block, 'statements' | 'blocks'>): readonly Statement[] {
  const own = at.statements.filter(({ words }) => RUNS.test(words[0] ?? ''));
  const inner = at.blocks.flatMap((block) =>
    block.head[0] === 'vrrp_script'
      ? [statement(block, 'script') ?? { words: [], line: block.line }]
      : scriptsIn(block),
  );
  return [...own, ...inner].sort((a, b) => a.line - b.line);
}
