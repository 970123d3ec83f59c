'use strict';

/**
 * Whether this thread has worker threads. Node has no list of them; so those are counted that start from
 * now on, and the threads of the process are asked for their names (of Node 24 and newer).
 *
 * @module
 */

const fs = require('node:fs');

const TASKS = '/proc/self/task';

/** What Node calls them, unless the program names them. */
const NAME = 'WorkerThread\n';

let isCounting = false;
let alive = 0;

function count(worker) {
  alive++;
  worker.once('exit', () => alive--);
}

/** Counts the workers that start from here on. */
function countWorkers() {
  if (isCounting) return;
  isCounting = true;
  process.on('worker', count);
}

function isWorker(task) {
  try {
    return fs.readFileSync(`${TASKS}/${task}/comm`, 'latin1') === NAME;
  } catch {
    return false;
  }
}

/** @returns {boolean} false also where they cannot be seen: started before, by an older Node */
function hasWorkers() {
  if (alive > 0) return true;
  try {
    return fs.readdirSync(TASKS).some(isWorker);
  } catch {
    return false;
  }
}

module.exports = { countWorkers, hasWorkers };
