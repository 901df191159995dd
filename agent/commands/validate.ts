import { formatDiagnostics, hasErrors, sortDiagnostics } from '../desired/diagnostics.ts';
import { everyHost, type EveryHost } from '../desired/every-host.ts';
import { lockstepProblems } from '../fleet/lockstep-problems.ts';
import { KINDS } from '../resources/index.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';

/** `holdfast validate [DIR]`: a state repository in CI. Needs no host, no secrets and no root. Exit 1: it has errors. */
export async function validateCommand(
  directory: string,
  options: CommonOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out, err, colour } = environment;
  const tree = machine.openTree(directory);
  const said = await everyHost(tree, KINDS);
  const earlier = await machine.openEarlier(directory);
  const moment = earlier === null ? [] : await lockstepProblems(tree, earlier, machine.clock.now());
  const found = { ...said, diagnostics: sortDiagnostics([...said.diagnostics, ...moment]) };
  const failed = hasErrors(found.diagnostics);
  if (options.json === true) {
    out(`${JSON.stringify({ ok: !failed, ...found }, null, 2)}\n`);
    return failed ? EXIT.failed : EXIT.ok;
  }
  if (found.diagnostics.length > 0) err(`${formatDiagnostics(found.diagnostics, { colour })}\n`);
  if (!failed) out(table(found));
  else err(`\n${count('error', found.diagnostics)}: no host would apply this.\n`);
  return failed ? EXIT.failed : EXIT.ok;
}

function table({ hosts, diagnostics }: EveryHost): string {
  const width = Math.max(...hosts.map(({ role }) => role.hostname.length));
  const rows = hosts.map(({ role: { hostname, role, priority, address }, resources, keyless }) =>
    [
      hostname.padEnd(width),
      role.padEnd(6),
      (priority === null ? '' : String(priority)).padStart(3),
      address.padEnd(15),
      `${resources} resources${keyless ? ', and no key to read its secrets' : ''}`,
    ].join('  '),
  );
  const end =
    diagnostics.length === 0
      ? 'Nothing is wrong with this state repository.'
      : `${count('warning', diagnostics)}; ${hosts.some(({ keyless }) => keyless) ? 'a host without a key would refuse this' : 'every host would apply this'}.`;
  return `${rows.join('\n')}\n${end}\n`;
}

function count(severity: 'error' | 'warning', diagnostics: EveryHost['diagnostics']): string {
  const some = diagnostics.filter((one) => one.severity === severity).length;
  return some === 1 ? `1 ${severity}` : `${some} ${severity}s`;
}
