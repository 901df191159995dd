import { expect, test } from 'vitest';
import { commandLine } from '../../../agent/commands/command-line.ts';
import type { Environment } from '../../../agent/commands/environment.ts';
import { saidInstead } from '../../../agent/commands/plan.ts';
import { renderCommand } from '../../../agent/commands/render.ts';
import { validateCommand } from '../../../agent/commands/validate.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { exitCodeOf } from '../../../agent/commands/converge.ts';
import type { OutcomeName } from '../../../agent/report/status.ts';
import { heldOf, pausedOf, statusOf } from '../../support/status.ts';
import { inCluster, lesson, type Files } from '../desired/lesson.ts';

/** What commands print to whoever typed them. */

function at(files: Files): { readonly environment: Environment; readonly printed: string[] } {
  const printed: string[] = [];
  const say = (text: string): void => void printed.push(text);
  const machine = { openTree: () => memoryTree(files), openEarlier: async () => null };
  return { environment: { machine, out: say, err: say, colour: false } as unknown as Environment, printed };
}

test('validate says that nothing is wrong only where it has found nothing', async () => {
  const well = at(lesson());
  await validateCommand('.', {}, well.environment);
  expect(well.printed.join('')).toMatch(/Nothing is wrong with this state repository\.\n$/);
  const odd = at(inCluster('secret12', 'changeme'));
  expect(await validateCommand('.', {}, odd.environment)).toBe(0);
  expect(odd.printed.join('')).toMatch(/\n1 warning; every host would apply this\.\n$/);
  expect(odd.printed.join('')).not.toContain('Nothing is wrong');
});

test('render names the hosts that there are when it is asked for another one', async () => {
  const { environment } = at(lesson());
  await expect(
    renderCommand('.', { host: 'kubernetes-node-4', out: '/nowhere' }, environment),
  ).rejects.toMatchObject({
    message: expect.stringMatching(
      /^cluster\.yaml names no host kubernetes-node-4, only kubernetes-node-1, kubernetes-node-2, kubernetes-node-3\./,
    ) as string,
    exitCode: 64,
  });
});

test('plan says each reason once where there is nothing to plan', () => {
  const status = statusOf({ outcome: 'refused', why: 'cluster.yaml: is empty.' });
  const refused = { from: { directory: '/srv/state' }, reasons: ['cluster.yaml: is empty.'] };
  expect(saidInstead({ status, choice: { plan: null, refused }, done: [] })).toEqual([
    '/srv/state is refused:\ncluster.yaml: is empty.',
    'Nothing is in force yet.',
  ]);
  const source = { ok: false, why: 'The Git server does not answer.', head: null, sinceMs: 0 };
  const away = statusOf({ outcome: 'nothing known', why: source.why, source });
  expect(saidInstead({ status: away, choice: { plan: null, refused: null }, done: [] })).toEqual([
    source.why,
  ]);
});

test('plan says of what it shows that it waits', () => {
  const choice = { plan: null, refused: null };
  const paused = statusOf({ outcome: 'paused', why: null, paused: pausedOf() });
  expect(saidInstead({ status: paused, choice, done: [] })[0]).toBe(
    'Paused by ada: trying a kernel. Nothing is changed on this host until: holdfast resume',
  );
  const held = statusOf({ outcome: 'held', why: null, held: heldOf() });
  expect(saidInstead({ status: held, choice, done: [] })[0]).toMatch(
    /^Commit 222222222222 "change 2" is held: it waits for the virtual IP to be well\./,
  );
});

test.each<readonly [OutcomeName, number]>([
  ['in desired state', 0],
  ['changed', 0],
  ['degraded', 0],
  ['failed', 1],
  ['rolled back', 1],
  ['stuck', 1],
  ['nothing known', 1],
  ['refused', 3],
  ['no desired state', 4],
  ['held', 5],
  ['paused', 5],
])('a cycle that ends as "%s" exits with %i', (outcome, exitCode) => {
  expect(exitCodeOf(statusOf({ outcome }))).toBe(exitCode);
});

test('a pause is not taken without a reason; what a person may do by hand is understood', async () => {
  const acts: unknown[] = [];
  const program = commandLine('1.0.0', (act) => void acts.push(act));
  program.commands.forEach((command) => command.configureOutput({ writeErr: () => undefined }));
  const typed = (...argv: readonly string[]) => program.parseAsync(argv, { from: 'user' });
  await expect(typed('pause', '--for', '2h')).rejects.toThrow("required option '--reason <TEXT>'");
  await typed('pause', '--reason', 'new switch', '--for', '2h');
  await typed('resume', '--json');
  await typed('rollback');
  await typed('rollback', '4', '--dry-run', '--while-paused');
  await typed('retry');
  await typed('settle', '--root', '/mnt');
  await typed('history', '--json');
  expect(acts).toHaveLength(7);
});

test('run takes no --json, which would answer nothing', async () => {
  const program = commandLine('1.0.0', () => undefined);
  program.commands.forEach((command) => command.configureOutput({ writeErr: () => undefined }));
  await expect(program.parseAsync(['run', '--json'], { from: 'user' })).rejects.toThrow('unknown option');
  await program.parseAsync(['run', '--config', '/etc/x.yaml'], { from: 'user' });
  await program.parseAsync(['status', '--json'], { from: 'user' });
});
