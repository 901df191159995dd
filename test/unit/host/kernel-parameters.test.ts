import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parameterPath,
  readKernelParameter,
  setKernelParameter,
} from '../../../agent/host/kernel-parameters.ts';
import { freshFolder } from './fresh-folder.ts';

describe("a kernel parameter's name", () => {
  it.each([
    ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
    ['net.ipv4.conf.eth0/100.rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
    ['net/ipv4/conf/eth0.100/rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
  ])('%s is %s', (key, path) => {
    expect(parameterPath(key)).toBe(path);
  });

  it.each([
    '',
    'net',
    '//etc.passwd',
    'net....etc',
    'net/../../etc/passwd',
    'net.ipv4.//',
    'a.b\0c',
    'a.b c',
  ])('%j is none', (key) => {
    expect(() => parameterPath(key)).toThrow("is not a kernel parameter's name");
  });
});

describe('a kernel parameter', () => {
  it('is read as the kernel gives it, without the last newline', () => {
    expect(readKernelParameter('kernel.ostype')).toBe('Linux');
    expect(readKernelParameter('net.ipv4.ip_local_port_range')).toMatch(/^\d+\t\d+$/);
  });

  it('that the kernel does not have is null', () => {
    expect(readKernelParameter('net.ipv4.no_such_parameter')).toBeNull();
    expect(readKernelParameter('kernel.ostype.inside')).toBeNull();
  });

  it('is set, and one that does not exist is not made', () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'net'));
    writeFileSync(join(folder, 'net', 'x'), '1000\n');
    setKernelParameter('net.x', '1', folder);
    expect(readFileSync(join(folder, 'net', 'x'), 'utf8')).toBe('1\n');
    expect(() => setKernelParameter('net.y', '1', folder)).toThrow('The kernel has no parameter net.y.');
  });

  it.runIf(process.geteuid?.() === 0)('does not take every value, and says so', () => {
    expect(() => setKernelParameter('kernel.printk', 'loud')).toThrow(
      'The kernel does not take "loud" for kernel.printk (EINVAL).',
    );
  });
});
