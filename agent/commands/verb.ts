import type { Command } from 'commander';
import type { Environment } from './environment.ts';

export type Act = (environment: Environment) => Promise<number>;
export type Chosen = (act: Act) => void;
/** Makes a command that may be typed. */
export type Verb = (usage: string, description: string, example: string) => Command;

export const CONFIG = [
  '--config <FILE>',
  "the agent's configuration (default: /etc/holdfast/agent.yaml)",
] as const;

/** The options of a command that is about this host. */
export const common = (command: Command): Command =>
  command
    .option(...CONFIG)
    .option('--json', 'answer as JSON')
    .option('--root <DIR>', 'act on an image at rest below DIR, such as a mounted SD card');
