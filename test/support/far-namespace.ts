import { spawn, type ChildProcess } from 'node:child_process';
import type { UfwNamespace } from './ufw-namespace.ts';

export type Ends = { readonly here: readonly string[]; readonly there: readonly string[] };

/** A network namespace on the other end of a wire, eth0 to eth0, with addresses such as 10.1.1.1/8. */
export class FarNamespace {
  readonly #child: ChildProcess;
  readonly #ns: UfwNamespace;
  private constructor(child: ChildProcess, ns: UfwNamespace) {
    this.#child = child;
    this.#ns = ns;
  }

  static async open(ns: UfwNamespace, ends: Ends): Promise<FarNamespace> {
    const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up; echo ready; exec cat']);
    await ready(child);
    const far = new FarNamespace(child, ns);
    await ns.run(
      'ip',
      'link',
      'add',
      'eth0',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      `${child.pid}`,
    );
    await ns.run('sh', '-ec', upWith(ends.here));
    await far.run('sh', '-ec', upWith(ends.there));
    return far;
  }

  run(...argv: readonly string[]): Promise<string> {
    return this.#ns.run(...this.inside(argv));
  }
  inside(argv: readonly string[]): readonly string[] {
    return ['nsenter', `--net=/proc/${this.#child.pid}/ns/net`, ...argv];
  }
  close(): void {
    this.#child.stdin?.end();
  }
}

const upWith = (addresses: readonly string[]): string =>
  ['ip link set eth0 up', ...addresses.map((one) => `ip address add ${one} dev eth0 ${nodad(one)}`)].join(
    '; ',
  );
const nodad = (address: string): string => (address.includes(':') ? 'nodad' : '');

/** Until it has printed something. Rejects when it ends before. */
export function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('exit', (code) => reject(new Error(`exit ${code}: ${said}`)));
  });
}
