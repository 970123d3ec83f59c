'use strict';

// A memory limit as a container has it: a control group of the test's own, version 1 or 2.

const fs = require('node:fs');
const path = require('node:path');

const { onCleanup } = require('./tempdir.js');

const ROOT = '/sys/fs/cgroup';
const V1 = {
  parent: path.join(ROOT, 'memory'),
  limit: 'memory.limit_in_bytes',
  withSwap: 'memory.memsw.limit_in_bytes',
  peak: 'memory.max_usage_in_bytes',
};
const V2 = { parent: ROOT, limit: 'memory.max', noSwap: 'memory.swap.max', peak: 'memory.peak' };

/** Errors that say: not for you, not here. Any other is a bug of the test. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EBUSY', 'EOPNOTSUPP']);

let made = 0;

function version() {
  if (fs.existsSync(path.join(V1.parent, V1.limit))) return V1;
  if (fs.existsSync(path.join(ROOT, 'cgroup.controllers'))) return V2;
  return undefined;
}

function make(bytes) {
  const kind = version();
  if (!kind) throw Object.assign(new Error(`no memory controller in ${ROOT}`), { code: 'ENOENT' });
  if (kind === V2) fs.writeFileSync(path.join(ROOT, 'cgroup.subtree_control'), '+memory');
  const folder = path.join(kind.parent, `rsprof-test-${process.pid}-${made++}`);
  fs.mkdirSync(folder);
  const file = (name) => path.join(folder, name);
  fs.writeFileSync(file(kind.limit), String(bytes));
  // Swap would hide what the limit does.
  if (kind.withSwap && fs.existsSync(file(kind.withSwap))) {
    fs.writeFileSync(file(kind.withSwap), String(bytes));
  }
  if (kind.noSwap && fs.existsSync(file(kind.noSwap))) fs.writeFileSync(file(kind.noSwap), '0');
  return {
    procs: file('cgroup.procs'),
    peak: () => (fs.existsSync(file(kind.peak)) ? Number(fs.readFileSync(file(kind.peak))) : NaN),
    remove: () => fs.rmdirSync(folder),
  };
}

/**
 * Makes a group with a limit in bytes, which goes with the test `t`. Write a process's id to its
 * `procs` to put it in; `peak()` is the most that was charged to it.
 */
function memoryGroup(t, bytes) {
  const group = make(bytes);
  onCleanup(t, group.remove);
  return group;
}

/** Why this process may not make such groups; undefined where it may. */
function whyNoGroups() {
  try {
    make(64 << 20).remove();
    return undefined;
  } catch (error) {
    if (!REFUSALS.has(error.code)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

module.exports = { memoryGroup, whyNoGroups };
