// The figures of the README, measured on a booted lab host: medians over batches, printed as a table. Needs root.
// It boots a lab of its own, so that nothing else on its hosts takes part.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapTime } from './bench/bootstrap.mjs';
import { journalCost, timeToVip } from './bench/transaction.mjs';

const top = new URL('..', import.meta.url).pathname;
process.env.HOLDFAST_LAB_NAME ??= 'holdfast-bench';
// A change that breaks the virtual IP is measured on the MASTER, which would wait for its turn.
process.env.LAB_STRATEGY ??= 'together';
const HOST = '2';
const FOLDER = `/var/lib/${process.env.HOLDFAST_LAB_NAME}`;
const STATE = `${FOLDER}/state`;
const BATCHES = 9;
const CYCLES_A_BATCH = 10;

const lab = (...args) =>
  execFileSync(join(top, 'scripts/lab.sh'), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
const on = (script) => lab('exec', HOST, '--', 'bash', '-c', script).trim();
const numbers = (text) => text.split(/\s+/).map(Number);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(1)} ms`;

// Asks the daemon for a cycle and waits until status.json is newer than it was. Lines for the host's shell, which sends
// the signal itself: `systemctl reload` would start a process in the daemon's own control group.
const PRELUDE = `f=/run/holdfast/agent/status.json; pid=$(systemctl show -p MainPID --value holdfast)
pause() { read -rt 0.02 <> <(:) || :; }
cycle() { b=$(stat -c %y $f); kill -HUP $pid; for i in $(seq 500); do [ "$(stat -c %y $f)" != "$b" ] && return; pause; done; echo "no cycle within 10 s" >&2; exit 1; }`;
const cycles = (count) => `${PRELUDE}\nfor c in $(seq ${count}); do cycle; done`;

const rows = [];
const row = (what, value, bound) => {
  rows.push([what, value, bound]);
  console.log(`${what.padEnd(66)} ${value.padStart(12)}   ${bound}`);
};

try {
  console.log('booting the lab …');
  lab('up');
  // From now on a cycle happens when it is asked for.
  on(
    `sed -i 's|^schedule: .*|schedule: "0 0 1 1 *"|' /etc/holdfast/agent.yaml && systemctl restart holdfast`,
  );
  on('until test -e /run/holdfast/agent/status.json; do sleep 0.1; done');
  daemonCycle();
  processesStarted();
  oneShot();
  residentMemory();
  thousandResources();
  journalCost({ on, host: HOST, row });
  bootstrapTime({ lab, row, top, folder: FOLDER });
  await timeToVip({ lab, row });
} finally {
  lab('down');
}

// ---- the measurements -------------------------------------------------------------------------

// Agent and children are one control group, which the kernel counts in microseconds.
function daemonCycle() {
  const usage = `grep -h ^usage_usec /sys/fs/cgroup/system.slice/holdfast.service/cpu.stat | cut -d' ' -f2`;
  const total = [];
  for (let batch = 0; batch <= BATCHES; batch++) {
    const [before, after] = numbers(on(`${usage}\n${cycles(CYCLES_A_BATCH)}\n${usage}`));
    if (batch > 0) total.push((after - before) / 1000 / CYCLES_A_BATCH); // the first one warms up
  }
  const transport = gitTransport();
  row('daemon, one cycle without a change, Git transport included', ms(median(total)), '');
  row('  the Git transport alone (git ls-remote over SSH)', ms(transport), '');
  row('  the cycle besides the Git transport', ms(median(total) - transport), 'bar: under 60 ms');
}

// user + sys of a shell command and its children, in ms, from bash's own clock: median of many.
function cpuOf(command, times) {
  const text = on(
    `TIMEFORMAT='%U %S'; for i in $(seq ${times}); do { time ${command} >/dev/null 2>&1; } 2>&1; done`,
  );
  return median(text.split('\n').map((line) => numbers(line).reduce((a, b) => a + b) * 1000));
}

function gitTransport() {
  const ssh =
    'ssh -F /dev/null -i /etc/holdfast/deploy_key -o BatchMode=yes -o KexAlgorithms=-sntrup761* -o UserKnownHostsFile=/etc/holdfast/known_hosts';
  // Ten a sample: bash's clock counts in milliseconds.
  const ten = `for j in 1 2 3 4 5 6 7 8 9 10; do GIT_SSH_COMMAND="${ssh}" git ls-remote git@10.1.0.254:/srv/state.git refs/heads/main; done`;
  return cpuOf(`bash -c '${ten.replaceAll("'", "'\\''")}'`, BATCHES) / 10;
}

// Every fork takes the next number in the host's own pid namespace; a thread takes one too. What the measuring itself
// starts is counted in a run without a cycle.
function processesStarted() {
  const during = (signal) => `${PRELUDE}
    read -r a < /proc/loadavg; kill -${signal} $pid
    for i in $(seq 60); do stat -c %y $f >/dev/null; pause; done
    read -r b < /proc/loadavg; echo $(( \${b##* } - \${a##* } ))`;
  const counts = Array.from({ length: BATCHES }, () => Number(on(during('HUP'))) - Number(on(during('0'))));
  row('  processes and threads that such a cycle starts', String(median(counts)), '');
}

function oneShot() {
  on('systemctl stop holdfast');
  row(
    'one-shot "holdfast converge" without a change, CPU',
    ms(cpuOf('holdfast converge', 15)),
    'bar: under 300 ms',
  );
  row('  of which an empty node', ms(cpuOf('node -e 0', 15)), '');
  row('"holdfast status", CPU', ms(cpuOf('holdfast status', 15)), '');
  on('systemctl start holdfast');
}

function residentMemory() {
  const kib = on(`${cycles(200)}\ngrep VmRSS /proc/$pid/status | tr -dc 0-9`);
  row(
    'daemon, resident memory after 200 cycles',
    `${(Number(kib) / 1024).toFixed(1)} MiB`,
    'bar: under 75 MiB',
  );
}

// A generated state directory: 1,000 files for every host. The whole command, start included.
function thousandResources() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    // The lab's own, whose secrets this host can read.
    for (const copy of ['state', 'base']) execFileSync('cp', ['-r', STATE, join(folder, copy)]);
    const files = Array.from(
      { length: 1000 },
      (_, n) => `  /etc/holdfast-bench/${n}.conf: { content: "number ${n} of <%= it.node.name %>\\n" }`,
    );
    writeFileSync(join(folder, 'state/hosts/kubernetes-node-2.yaml'), `files:\n${files.join('\n')}\n`);
    execFileSync('sh', [
      '-c',
      `tar -C ${folder} --exclude .git -c state base | ${top}scripts/lab.sh exec ${HOST} -- tar -xC /root`,
    ]);
    const wall = on(
      `cd /root; TIMEFORMAT=%R; for i in 1 2 3 4 5; do { time holdfast plan --from state >/dev/null 2>&1; } 2>&1; done; true`,
    );
    const empty = on(
      `TIMEFORMAT=%R; for i in 1 2 3 4 5; do { time holdfast plan --from /root/base >/dev/null 2>&1; } 2>&1; done; true`,
    );
    const [whole, base] = [wall, empty].map((text) => median(numbers(text)) * 1000);
    row('"holdfast plan" of 1,000 resources more, whole command', ms(whole), '');
    row('  the same without them', ms(base), '');
    row('  what the 1,000 resources cost', ms(whole - base), 'bar: under 500 ms');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
