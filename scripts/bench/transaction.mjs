// What a transaction costs: its journal, and how soon the virtual IP is back after a change that broke it.
import { buildSync } from 'esbuild';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const top = new URL('../..', import.meta.url).pathname;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

// The journal of twenty files that change, written on the host's own disk by the agent's own code.
const JOURNAL = `
import { openJournal } from './agent/transaction/journal.ts';
import { openStateDirectory } from './agent/host/state-directory.ts';
const state = openStateDirectory('/var/lib/holdfast-bench');
const change = (n) => ({ id: 'file[/etc/bench/' + n + ']', scope: null, secret: false, notify: [], requires: [], why: 'commit',
  from: { missing: '/etc/bench' }, to: { content: { sha256: 'a'.repeat(64), size: 100 }, mode: 420, owner: 'root', group: 'root' } });
const changes = Array.from({ length: 20 }, (_, n) => change(n));
const steps = changes.map(({ id, to }) => ({ do: 'enforce', id, to }));
const begin = { t: 'begin', version: 1, tx: 1, atMs: 0, of: 'a commit', commit: null, before: 0, generation: 1, changes, steps,
  reported: [], units: {}, health: null, inventory: [], quarantine: [], everWell: true, pinned: null };
const deadline = { boot: 'this', monotonicMs: 1 };
const entries = [begin, ...steps.map((_, n) => ({ t: 'step', n })), { t: 'verify', deadline }, { t: 'live', deadline },
  { t: 'end', outcome: 'committed', degraded: false, vipWell: true, note: null }];
const took = [];
for (let run = 0; run < 9; run += 1) {
  const journal = await openJournal(state);
  const from = performance.now();
  for (const entry of entries) await journal.append(entry);
  took.push(performance.now() - from);
  await journal.remove();
}
// Each entry is synced, and once the folder that it is in.
console.log(JSON.stringify({ fsyncs: entries.length + 1, took }));
`;

export function journalCost({ on, host, row }) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const outfile = join(folder, 'journal.mjs');
    buildSync({
      stdin: { contents: JOURNAL, loader: 'ts', resolveDir: top },
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
      outfile,
    });
    execFileSync(join(top, 'scripts/lab.sh'), ['exec', host, '--', 'sh', '-c', 'cat > /run/journal.mjs'], {
      input: readFileSync(outfile),
    });
    const { fsyncs, took } = JSON.parse(on('node /run/journal.mjs; rm -rf /var/lib/holdfast-bench'));
    row('journal of a change of 20 resources', `${median(took).toFixed(1)} ms`, `${fsyncs} fsyncs`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// HAProxy on the MASTER is pointed at a port where nobody is, so the virtual IP is gone; the agent notices, and goes back.
export async function timeToVip({ lab, row }) {
  const one = (script) => lab('exec', '1', '--', 'bash', '-c', script).trim();
  const state = `/var/lib/${process.env.HOLDFAST_LAB_NAME}/state`;
  execFileSync('sed', [
    '-i',
    '/  server /s/<%= it.cluster.apiPort %>/7999/',
    `${state}/files/haproxy.cfg.eta`,
  ]);
  const [away, back] = [[], []];
  for (let run = 0; run < 3; run += 1) {
    const probe = spawn(join(top, 'scripts/lab.sh'), ['probe', '--json', '--leash'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    probe.stdout.setEncoding('utf8').on('data', (more) => (text += more));
    const ended = new Promise((resolve) => probe.once('close', resolve));
    if (run === 0) lab('commit', '-m', 'A port where nobody is');
    else one('holdfast retry >/dev/null; systemctl reload holdfast');
    one(
      `for i in $(seq 600); do n=$(journalctl -u holdfast -o cat HOLDFAST_EVENT=change-rolled-back | grep -c 'taken back,'); [ "$n" -gt ${run} ] && exit; sleep 0.2; done; exit 1`,
    );
    probe.stdin.end();
    await ended;
    away.push(JSON.parse(text.trim().split('\n').at(-1)).longestRunMs);
    back.push(
      1000 *
        Number(
          /answers again after ([\d.]+) s/.exec(
            one('journalctl -u holdfast -o cat -n 50 HOLDFAST_EVENT=change-rolled-back | tail -1'),
          )?.[1] ?? 0,
        ),
    );
  }
  row(
    'a change that breaks the virtual IP on the MASTER: away for',
    `${(median(away) / 1000).toFixed(1)} s`,
    'bar: the window + 10 s',
  );
  row('  from the end of the way back to its first answer', `${(median(back) / 1000).toFixed(1)} s`, '');
}
