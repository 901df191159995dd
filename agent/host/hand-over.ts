import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { endOf } from './ask-command.ts';
import { codeOf, fileProblem } from './file-problem.ts';

/** What keepalived.conf.eta of the state repository tracks. It is gone at the next boot, and shall be. */
const OFFSET_FILE = '/run/holdfast/handover';
/** The rule that is in force, so that an agent that starts again can take it away. */
const RULE_FILE = '/run/holdfast/handover-rule';

/** What giving the virtual IP away does to a host. */
export interface HandOverPort {
  /** The file by which keepalived is told: its `track_file` must name it. */
  readonly file: string;
  /** What keepalived adds to this host's priority; 0 where nobody has said anything. */
  offset(): Promise<number>;
  /** keepalived sees it at once (inotify). */
  setOffset(value: number): Promise<void>;
  /**
   * From now on nobody gets a new connection to this address, and nobody is refused: a client's first packet is lost,
   * and sent again after a second (RFC 6298). What is open goes on. It ends by itself. `false`: this host has no means.
   */
  holdBack(address: string, port: number): Promise<boolean>;
  /** Ends that; also what an agent that died has left. Nothing to end is no error. */
  letIn(): Promise<void>;
}

export function openHandOver(files = { offset: OFFSET_FILE, rule: RULE_FILE }): HandOverPort {
  const letIn = async (): Promise<void> => {
    const rule = readText(files.rule);
    if (rule === null) return;
    const exitCode = await iptables('-D', JSON.parse(rule) as readonly string[]);
    // 1: it is not there any more. Any other: somebody else has the tables just now.
    if (exitCode === 0 || exitCode === 1) unlinkSync(files.rule);
  };
  return {
    file: files.offset,
    offset: async () => {
      const value = Number.parseInt(readText(files.offset) ?? '', 10);
      return Number.isNaN(value) ? 0 : value;
    },
    // In place: keepalived watches this file, and half a number cannot be read, for it looks when it is closed.
    setOffset: async (value) => writeText(files.offset, `${value}\n`),
    holdBack: async (address, port) => {
      await letIn();
      const rule = ruleFor(address, port, new Date(Date.now() + ENDS_BY_ITSELF_MS));
      writeText(files.rule, JSON.stringify(rule));
      return (await iptables('-I', rule)) === 0;
    },
    letIn,
  };
}

/** Longer than anybody holds back; what a killed agent leaves is without effect from then on. */
const ENDS_BY_ITSELF_MS = 3_000;

/**
 * The raw table comes before every other one, and ufw has no part in it. Only the first packet of a connection: SYN
 * without ACK.
 */
const ruleFor = (address: string, port: number, until: Date): readonly string[] => {
  const packet = `-d ${address} -p tcp --dport ${port} --syn`;
  // In UTC, which is iptables' default.
  const time = `-m time --datestop ${until.toISOString().slice(0, 19)}`;
  return `PREROUTING ${packet} ${time} -m comment --comment holdfast-handover -j DROP`.split(' ');
};

async function iptables(how: '-I' | '-D', rule: readonly string[]): Promise<number | null> {
  const { exitCode } = await endOf(['iptables', '-w', '1', '-t', 'raw', how, ...rule], { timeoutMs: 2_000 });
  return exitCode;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileProblem('read', path, error);
  }
}

function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o644 });
  } catch (error) {
    throw fileProblem('write', path, error);
  }
}
