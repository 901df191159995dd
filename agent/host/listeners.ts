import ipaddr from 'ipaddr.js';
import type { LiveReader } from './host.ts';
import type { Listener } from './probes.ts';
import { readProcess } from './unit-process.ts';

/** Who listens on a TCP port, each process once for every address. Throws when that cannot be seen. */
export async function listListeners(port: number, live: LiveReader): Promise<readonly Listener[]> {
  const [ss, boot] = await Promise.all([
    live.query(['ss', '-H', '-l', '-t', '-n', '-p', 'sport', '=', `:${port}`]),
    live.kernel('kernel/random/boot_id'),
  ]);
  if (ss.exitCode !== 0)
    throw new Error(
      `who listens on port ${port} cannot be seen: "ss" exited with ${ss.exitCode}: ${ss.stderr.trim()}`,
    );
  return readListeners(ss.stdout).flatMap(({ address, program, pid }) => {
    // One that has just ended listens no more.
    const since = startedAt(readProcess(pid, 'stat') ?? '');
    return since === null ? [] : [{ address, program, process: `${boot}/${pid}/${since}` }];
  });
}

type Shown = Pick<Listener, 'address' | 'program'> & { readonly pid: number };

/** Lines of `ss -H -l -t -n -p`: state, two queues, local, peer, and who has it open. */
export function readListeners(text: string): readonly Shown[] {
  return text.split('\n').flatMap((line) => {
    const local = line.trim().split(/\s+/)[3] ?? '';
    const address = addressIn(local);
    const users = line.matchAll(/\("([^"]*)",pid=(\d+),fd=\d+\)/g);
    return address === undefined
      ? []
      : [...users].map(([, program, pid]) => ({ address, program: program!, pid: Number(pid) }));
  });
}

/** `10.1.1.1%eth0:6443`, `*:6443`, `[::ffff:10.1.1.1]:6443`; `undefined`: there is none in it. */
function addressIn(local: string): string | null | undefined {
  const host = /^\[?([^\]%]*)(?:%[^\]:]+)?\]?(?:%[^\]:]+)?:\d+$/.exec(local)?.[1];
  if (host === '*') return null;
  if (host === undefined || !ipaddr.isValid(host)) return undefined;
  const address = ipaddr.process(host);
  return address.range() === 'unspecified' ? null : address.toString();
}

/** Ticks since the boot, proc_pid_stat(5) field 22. The name before it may hold blanks and brackets. */
export function startedAt(stat: string): string | null {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName[22 - 3] ?? null;
}
