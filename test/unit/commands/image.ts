import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { convergeCommand } from '../../../agent/commands/converge.ts';
import type { Environment, Machine } from '../../../agent/commands/environment.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { openBench } from '../../../agent/host/bench.ts';
import { readConfigFile } from '../../../agent/host/config-file.ts';
import type { StateDirectory } from '../../../agent/host/host.ts';
import { openImage, readImageIdentity } from '../../../agent/host/image-host.ts';
import { takeLock } from '../../../agent/host/lock.ts';
import { whatOthersMay } from '../../../agent/host/others-may.ts';
import { openStateDirectory } from '../../../agent/host/state-directory.ts';
import { freshFolder } from '../host/fresh-folder.ts';
import type { Files } from '../desired/lesson.ts';

const CLUSTER = `name: home
vip: 10.1.233.1
interface: eth0
vrrp: { routerId: 51, authPass: secret12 }
nodes:
  kubernetes-node-1: { address: 10.1.1.1 }
`;

/** A host at rest in a folder of its own: real files, a real state directory, a real lock. Commands act on it. */
export class Image {
  readonly root = join(freshFolder(), 'image');
  readonly options = { root: this.root };
  readonly state: StateDirectory = openStateDirectory(join(this.root, 'var/lib/holdfast'));
  readonly runtime: StateDirectory = openStateDirectory(join(this.root, 'run/holdfast/agent'));
  readonly environment: Environment;
  readonly printed: string[] = [];
  readonly complained: string[] = [];
  nowMs = Date.UTC(2025, 10, 23, 12, 0, 0);
  /** What cluster.yaml says instead. */
  cluster = (text: string): string => text;
  #files: Files = {};

  constructor(hostname = 'kubernetes-node-1') {
    // Whoever runs the tests is root in there.
    this.write('/etc/passwd', `root:x:${process.geteuid!()}:${process.getegid!()}::/:/bin/sh\n`);
    this.write('/etc/group', `root:x:${process.getegid!()}:\n`);
    this.write('/etc/hostname', `${hostname}\n`);
    this.environment = environmentOf(this);
  }

  /** One cycle from a directory whose files say this. */
  async converge(files: Readonly<Record<string, string>>): Promise<number> {
    const lines = Object.entries(files).map(
      ([path, content]) => `  ${path}: { content: ${JSON.stringify(content)}, header: false }`,
    );
    this.#files = { 'cluster.yaml': this.cluster(CLUSTER), 'defaults.yaml': `files:\n${lines.join('\n')}\n` };
    this.nowMs += 3_600_000;
    return convergeCommand({ ...this.options, from: '/srv/state' }, this.environment);
  }

  get tree() {
    return memoryTree(this.#files);
  }
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text, { mode: path.endsWith('agent.yaml') ? 0o600 : 0o644 });
  }
  read = (path: string): string => readFileSync(join(this.root, path), 'utf8');

  /** What was printed since this was asked last. */
  answer(): string {
    return this.printed.splice(0).join('');
  }
  complaint(): string {
    return this.complained.splice(0).join('');
  }
  lock = (command: string) => takeLock(join(this.root, 'run/holdfast/lock'), { pid: 4711, command }, 0);
}

function environmentOf(image: Image): Environment {
  const machine: Partial<Machine> = {
    openImage,
    openBench: (reader) => openBench(reader, join(image.root, 'run/holdfast/stage')),
    openStateDirectory,
    openTree: () => image.tree,
    readImageIdentity,
    readConfig: readConfigFile,
    whatOthersMay,
    bootId: async () => 'boot 1',
    takeLock: (path, command) => takeLock(path, { pid: process.pid, command }, 0),
    clock: { now: () => image.nowMs, monotonicMs: () => image.nowMs },
    tidyMemory: () => undefined,
  };
  const quiet = (): void => undefined;
  return {
    release: '1.0.0',
    user: 'ada',
    machine: machine as Machine,
    out: (text) => void image.printed.push(text),
    err: (text) => void image.complained.push(text),
    colour: false,
    watched: false,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    every: () => quiet,
  } as Partial<Environment> as Environment;
}
