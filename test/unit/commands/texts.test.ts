import { expect, test } from 'vitest';
import { commandLine } from '../../../agent/commands/command-line.ts';
import type { Environment } from '../../../agent/commands/environment.ts';
import { saidInstead } from '../../../agent/commands/plan.ts';
import { renderCommand } from '../../../agent/commands/render.ts';
import { validateCommand } from '../../../agent/commands/validate.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { statusOf } from '../../support/status.ts';
import { inCluster, lesson, type Files } from '../desired/lesson.ts';

/** What commands print to whoever typed them. */

function at(files: Files): { readonly environment: Environment; readonly printed: string[] } {
  const printed: string[] = [];
  const say = (text: string): void => void printed.push(text);
  const machine = { openTree: () => memoryTree(files) };
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
  expect(saidInstead({ status, choice: { plan: null, refused } })).toEqual([
    '/srv/state is refused:\ncluster.yaml: is empty.',
    'Nothing is in force yet.',
  ]);
  const source = { ok: false, why: 'The Git server does not answer.', head: null, sinceMs: 0 };
  const away = statusOf({ outcome: 'nothing known', why: source.why, source });
  expect(saidInstead({ status: away, choice: { plan: null, refused: null } })).toEqual([source.why]);
});

test('run takes no --json, which would answer nothing', async () => {
  const program = commandLine('1.0.0', () => undefined);
  program.commands.forEach((command) => command.configureOutput({ writeErr: () => undefined }));
  await expect(program.parseAsync(['run', '--json'], { from: 'user' })).rejects.toThrow('unknown option');
  await program.parseAsync(['run', '--config', '/etc/x.yaml'], { from: 'user' });
  await program.parseAsync(['status', '--json'], { from: 'user' });
});
