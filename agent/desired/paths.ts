import { posix } from 'node:path';
import * as z from 'zod';
import { mistake } from './schema.ts';

/** Where Holdfast does not write: the kernel's own trees, and what it needs itself to come back from a failure. */
const FORBIDDEN = [
  ['/proc', 'is the kernel\'s. Use "sysctls" for kernel parameters.'],
  ['/sys', 'is the kernel\'s. Use "sysctls" for kernel parameters, or a unit that writes it at boot.'],
  ['/dev', 'holds devices, not files. Choose another path.'],
  ['/run/holdfast', "is Holdfast's own. Choose another path."],
  ['/var/lib/holdfast', "is Holdfast's own. Choose another path."],
  [
    '/etc/holdfast',
    'holds what Holdfast needs to reach this repository; a mistake there could not be taken back. Change it on the host.',
  ],
] as const;

/** Of the kind sysctl, which owns `/etc/sysctl.d/99-holdfast-*.conf`. */
const SYSCTL_FILES = '/etc/sysctl.d/99-holdfast';

/** Why this is not a path that a host's file can have; `null` when it is. */
export function hostPathProblem(path: string): string | null {
  const shape = pathShapeProblem(path);
  if (shape !== null) return shape;
  const forbidden = FORBIDDEN.find(([folder]) => path === folder || path.startsWith(`${folder}/`));
  if (forbidden) return `${forbidden[0]} ${forbidden[1]}`;
  if (path.startsWith(SYSCTL_FILES))
    return 'is where "sysctls" are written. Give the parameters under "sysctls", or choose another file name.';
  return null;
}

/** Absolute, and spelt the one way that it can be spelt: the path is the resource's identity. */
export function pathShapeProblem(path: string): string | null {
  if (path.includes('<%')) return 'a path cannot be a template. Give each host its own in hosts/NAME.yaml.';
  if (/\p{Cc}/u.test(path)) return 'a path cannot hold control characters. Remove them.';
  if (path.startsWith('~'))
    return mistake(path, 'an absolute path', 'Nothing expands "~" here: write /root or /home/NAME.');
  if (!path.startsWith('/'))
    return mistake(
      path,
      'an absolute path',
      `Begin it with "/", as in /${path.replace(/^(\.{0,2}\/)+/, '')}.`,
    );
  if (path.endsWith('/'))
    return mistake(path, 'a file', 'Name a file, not a folder: remove the "/" at the end.');
  const normal = posix.normalize(path);
  if (normal !== path) return mistake(path, 'a plain path', `Write ${normal}.`);
  return null;
}

/** The first thing wrong with a path under `files/`, as `template`, `source` and `authPass.file` name one. */
export function repositoryPathProblem(path: string): string | null {
  if (path === '') return 'is empty. Name a file under files/.';
  if (path.startsWith('files/'))
    return `names are relative to files/. Write ${JSON.stringify(path.slice('files/'.length))}.`;
  if (path.startsWith('/')) return mistake(path, 'a file of this repository', 'Write its path under files/.');
  const normal = posix.normalize(path);
  if (normal.startsWith('..'))
    return mistake(path, 'under files/', 'A repository uses only files of its own.');
  if (normal !== path || path.endsWith('/'))
    return mistake(path, 'a plain path', `Write ${normal.replace(/\/$/, '')}.`);
  return null;
}

/** A key of `files`. */
export const hostPath = z
  .string()
  .superRefine((path, context) => {
    const message = hostPathProblem(path);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .describe('The absolute path of a file on the host.');
