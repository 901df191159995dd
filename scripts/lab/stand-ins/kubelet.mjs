// Plays kubelet: runs the command of every static pod in the manifests folder,
// again when its file's content changes, again with a pause when it ends.
// Like kubelet it takes every file whose name does not begin with a dot, backups
// included, reads the folder instead of trusting notifications alone, and stops
// its pods when the folder is gone, until it is there again.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '/etc/kubernetes/manifests';
const GRACE_MS = 30_000;
const PAUSE_MS = 1_000;

/** file name → { content, child, ended } */
const pods = new Map();

function scan() {
  const wanted = manifests();
  for (const [name, pod] of pods) {
    if (wanted.get(name) === pod.content) continue;
    pods.delete(name);
    stop(name, pod);
  }
  for (const [name, content] of wanted) {
    if (!pods.has(name)) start(name, content);
  }
}

function manifests() {
  const found = new Map();
  for (const entry of entries()) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    try {
      found.set(entry.name, readFileSync(join(FOLDER, entry.name), 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return found;
}

function entries() {
  try {
    return readdirSync(FOLDER, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** What is watched now: a folder that was moved away takes its watcher with it. */
let watched = { inode: undefined, watcher: undefined };

function follow() {
  const inode = statSync(FOLDER, { throwIfNoEntry: false })?.ino;
  if (inode === watched.inode) return;
  watched.watcher?.close();
  watched = { inode: undefined, watcher: undefined };
  if (inode === undefined) return console.log(`${FOLDER}: not there, waiting for it`);
  try {
    watched = { inode, watcher: watch(FOLDER, scan) };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // gone again: the next round sees it
  }
}

function start(name, content) {
  const pod = { content, child: undefined };
  pods.set(name, pod);
  const command = readCommand(content);
  if (command.length === 0) return console.log(`${name}: no command in it`);
  // What was started from the same file before must have ended: a pod is replaced, not doubled.
  (ending.get(name) ?? Promise.resolve()).then(() => run(name, pod, command));
}

const ending = new Map();

function stop(name, pod) {
  console.log(`${name}: changed or gone, stopping`);
  if (pod.child === undefined) return;
  const child = pod.child;
  const killer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  ending.set(
    name,
    new Promise((resolve) => child.once('exit', resolve)).then(() => clearTimeout(killer)),
  );
  child.kill('SIGTERM');
}

function run(name, pod, [program, ...args]) {
  if (pods.get(name) !== pod) return;
  console.log(`${name}: starting ${program}`);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  pod.child = child;
  const again = (why) => {
    pod.child = undefined;
    if (pods.get(name) !== pod) return;
    console.log(`${name}: ${why}, again in ${PAUSE_MS} ms`);
    setTimeout(() => run(name, pod, [program, ...args]), PAUSE_MS);
  };
  child.once('error', (error) => again(error.message));
  child.once('exit', (code, signal) => again(`ended with ${signal ?? code}`));
}

/** The items of the first `command:` list, which is all of YAML that a manifest needs here. */
function readCommand(text) {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^\s*(- )?command:\s*$/.test(line));
  if (at < 0) return [];
  const items = [];
  for (const line of lines.slice(at + 1)) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const item = /^\s*- (?:(["'])(.*)\1|([^\s"'][^#]*?))\s*(?:#.*)?$/.exec(line);
    if (item === null) break;
    items.push(item[2] ?? item[3]);
  }
  return items;
}

process.once('SIGTERM', () => {
  for (const pod of pods.values()) pod.child?.kill('SIGTERM');
  process.exit(0);
});
function look() {
  follow();
  scan();
}
setInterval(look, 1_000);
look();
