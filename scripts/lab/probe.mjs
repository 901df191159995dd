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
    (error) => error.message,
  );
  const told = one.then((why) => {
    outcomes[index] = why;
    running.delete(told);
    if (!values.json) tell();
  });
  running.add(told);
}

let toldUpTo = 0;
/** Since when the requests told of fail, undefined while they go well. */
let failsFrom;
/** One line a run of failures: begun with the first one, completed by the first request that goes well again. */
function tell() {
  for (; outcomes[toldUpTo] !== undefined; toldUpTo += 1) {
    const why = outcomes[toldUpTo];
    if (why !== null && failsFrom === undefined) {
      failsFrom = toldUpTo;
      process.stdout.write(`${seconds(times[toldUpTo])}: ${why} …`);
    } else if (why === null) tellRunEnd();
  }
}

function tellRunEnd() {
  if (failsFrom === undefined) return;
  const count = toldUpTo - failsFrom;
  failsFrom = undefined;
  process.stdout.write(` ${count} failed, ${seconds(count * EVERY_MS)}\n`);
}

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

function answer() {
  return new Promise((resolve, reject) => {
    const failed = (error) => reject(new Error(reason(error), { cause: error }));
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
        response.once('error', failed);
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
      },
    );
    asked.once('error', failed);
    asked.end();
  });
}

function reason({ name, code, message }) {
  return name === 'TimeoutError' || code === 'ABORT_ERR' ? 'no answer in time' : (code ?? message);
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
  if (!values.json) tellRunEnd();
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
  const why = Object.entries(reasons).map(([what, count]) => `${count} × ${what}`);
  const run =
    failures === 0 ? '' : `; the longest run: ${longestRun} (${seconds(longestRunMs)}); ${why.join(', ')}`;
  return `${requests} requests, ${failures} failed${run}`;
}

if (values.leash) process.stdin.resume().once('end', () => void end());
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
if (values.json) console.log(JSON.stringify({ started: true }));
tick();
