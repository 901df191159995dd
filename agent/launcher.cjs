'use strict';
// Starts the program, with V8's compiled code from an earlier start if there is some: on a Pi a quarter of what a
// command costs is compiling it. Node does this by itself from release 22 on (module.enableCompileCache).
//
// What must hold: code is taken only from a folder and a file that root alone can write, and only for exactly this
// bundle, this Node and these flags (V8 itself looks no closer than at the length of the source). Without any of that
// the program starts as it would anyway.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const FOLDER = '/var/cache/holdfast';
const program = path.join(__dirname, 'program.cjs');
// Plain ASCII, as the build writes it: nothing is lost by reading it as one byte a character.
const wrapped = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(program, 'latin1')}\n})`;
const bundle = `${process.version}-${process.arch}-${hash(wrapped).slice(0, 24)}`;
const cache = process.getuid() === 0 ? path.join(FOLDER, cacheName()) : null;
const script = compiled();
script.runInThisContext()(exports, require, module, program, __dirname);

// A function of its own: what it read stays in nobody's memory, for the daemon runs for months.
function compiled() {
  const cachedData = cache === null ? undefined : read(cache);
  const made = new vm.Script(wrapped, { filename: program, cachedData });
  if (cache !== null && (cachedData === undefined || made.cachedDataRejected)) process.once('exit', keep);
  return made;
}

// A command of its own has compiled code of its own: what "status" left would be of little use to "converge".
function cacheName() {
  const asked = process.argv[2] ?? '';
  const verb = /^(run|converge|plan|status|why|accept|validate|render)$/.test(asked) ? asked : 'other';
  return `${bundle}-${hash(process.execArgv.join('\0')).slice(0, 8)}-${verb}`;
}

function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}

function read(file) {
  let descriptor;
  try {
    if (!isRootsAlone(fs.lstatSync(FOLDER))) return undefined;
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    return isRootsAlone(fs.fstatSync(descriptor)) ? fs.readFileSync(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

function isRootsAlone({ uid, mode }) {
  return uid === 0 && (mode & 0o022) === 0;
}

// At the end, when what was really used has been compiled. Nothing depends on it: a failure is no failure.
function keep() {
  const aside = path.join(FOLDER, `.${path.basename(cache)}.${process.pid}`);
  try {
    fs.mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
    if (!isRootsAlone(fs.lstatSync(FOLDER))) return;
    // Other releases' are of no use any more.
    for (const name of fs.readdirSync(FOLDER))
      if (!name.startsWith(bundle)) fs.rmSync(path.join(FOLDER, name), { force: true });
    fs.writeFileSync(aside, script.createCachedData(), { mode: 0o600, flag: 'wx' });
    fs.renameSync(aside, cache);
  } catch {
    fs.rmSync(aside, { force: true });
  }
}
