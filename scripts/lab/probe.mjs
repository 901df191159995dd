// A client that measures: a fresh TLS connection to the VIP every 20 ms, the
// certificate verified, from wherever it is started (the lab starts it in the
// client's namespace). SIGINT or SIGTERM, or --seconds, ends it with a report.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { parseArgs } from 'node:util';

const EVERY_MS = 20;
const TIMEOUT_MS = 2_000;
const FAILURES_TOLD = 500;

const { values } = parseArgs({
  options: {
    ca: { type: 'string' },
    host: { type: 'string' },
    path: { type: 'string', default: '/healthz' },
    seconds: { type: 'string', default: '3600' },
    json: { type: 'boolean', default: false },
    // Ends when standard input does: a probe must not outlive the test that started it.
    leash: { type: 'boolean', default: false },
  },
});
const ca = readFileSync(values.ca);
const startedAt = performance.now();
const endsAt = startedAt + Number(values.seconds) * 1000;

/** One entry a request in the order they were started: undefined while it runs, null when it went well, else why it failed. */
const outcomes = [];
const times = [];
const running = new Set();

function ask() {
  const index = outcomes.push(undefined) - 1;
  times[index] = performance.now() - startedAt;
  const one = answer().then(
    () => null,
    (error) => error.code ?? error.message,
  );
  const told = one.then((why) => {
    outcomes[index] = why;
    running.delete(told);
    if (why !== null && !values.json) console.log(`${(times[index] / 1000).toFixed(2)} s: ${why}`);
  });
  running.add(told);
}

function answer() {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: values.host,
        port: 6443,
        path: values.path,
        ca,
        agent: false,
        servername: '',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        response.resume();
        response.once('error', reject);
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
      },
    );
    asked.once('error', (error) =>
      reject(
        error.name === 'TimeoutError' || error.code === 'ABORT_ERR' ? new Error('no answer in time') : error,
      ),
    );
    asked.end();
  });
}

let timer;
let ending = false;
// The grid is kept: a late tick is made up for, so that the count of requests measures time.
function tick() {
  while (startedAt + outcomes.length * EVERY_MS <= performance.now()) ask();
  if (performance.now() >= endsAt) void end();
  else timer = setTimeout(tick, EVERY_MS / 2);
}

async function end() {
  if (ending) return;
  ending = true;
  clearTimeout(timer);
  await Promise.all(running); // bounded: each has its time-out
  const report = summarize();
  console.log(values.json ? JSON.stringify(report) : sentence(report));
  process.exit(report.failures === 0 ? 0 : 1);
}

function summarize() {
  const report = {
    requests: outcomes.length,
    failures: 0,
    longestRun: 0,
    longestRunMs: 0,
    reasons: {},
    failed: [],
  };
  let run = 0;
  for (const [index, why] of outcomes.entries()) {
    run = why === null ? 0 : run + 1;
    if (why === null) continue;
    report.failures += 1;
    report.longestRun = Math.max(report.longestRun, run);
    report.reasons[why] = (report.reasons[why] ?? 0) + 1;
    if (report.failed.length < FAILURES_TOLD) report.failed.push({ atMs: Math.round(times[index]), why });
  }
  report.longestRunMs = report.longestRun * EVERY_MS;
  return report;
}

function sentence({ requests, failures, longestRun, longestRunMs, reasons }) {
  const why = Object.entries(reasons).map(([reason, count]) => `${count} × ${reason}`);
  const run =
    failures === 0
      ? ''
      : `; the longest run: ${longestRun} (${(longestRunMs / 1000).toFixed(2)} s); ${why.join(', ')}`;
  return `${requests} requests, ${failures} failed${run}`;
}

if (values.leash) process.stdin.resume().once('end', () => void end());
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
if (values.json) console.log(JSON.stringify({ started: true }));
tick();
