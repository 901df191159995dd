import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { codeOf, FileProblem, fileProblem } from './file-problem.ts';

/** A kernel parameter's value without its last newline; `null`: the kernel has none of this name. */
export function readKernelParameter(key: string, under = '/proc/sys'): string | null {
  try {
    return readFileSync(`${under}/${parameterPath(key)}`, 'utf8').replace(/\n$/, '');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw fileProblem('read the kernel parameter', key, error);
  }
}

/** Writes in one call: the kernel takes a write to /proc/sys as a whole value. */
export function setKernelParameter(key: string, value: string, under = '/proc/sys'): void {
  const path = `${under}/${parameterPath(key)}`;
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
    writeSync(descriptor, `${value}\n`);
  } catch (error) {
    throw refused(key, value, error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/**
 * sysctl.d(5): dots separate, and a slash stands for a dot in a name (`net.ipv4.conf.eth0/100.rp_filter`); when the
 * first separator is a slash, slashes separate and dots are themselves.
 */
export function parameterPath(key: string): string {
  const first = /[./]/.exec(key)?.[0];
  const path = first === '.' ? key.replaceAll(/[./]/g, (c) => (c === '.' ? '/' : '.')) : key;
  const names = path.split('/');
  if (names.length > 1 && names.every((name) => /^[\w:@.-]+$/.test(name) && name !== '.' && name !== '..'))
    return path;
  throw new FileProblem(
    key,
    `${JSON.stringify(key)} is not a kernel parameter's name. Write it like net.ipv4.ip_forward.`,
  );
}

function refused(key: string, value: string, error: unknown): FileProblem {
  const code = codeOf(error);
  if (code === 'EINVAL' || code === 'ERANGE') {
    return new FileProblem(
      key,
      `The kernel does not take ${JSON.stringify(value)} for ${key} (${code}).`,
      code,
      error,
    );
  }
  if (code === 'ENOENT') {
    const sentence = `The kernel has no parameter ${key}. Load the module that brings it, or take it out of the desired state.`;
    return new FileProblem(key, sentence, code, error);
  }
  return fileProblem('set the kernel parameter', key, error);
}
