'use strict';

/**
 * Clean-up at process exit, for as long as captures run: one `'exit'` listener, none when idle.
 *
 * Native clean-up hooks do not run when the main thread calls `process.exit()`, so the threads of a
 * capture are stopped and its partial file removed here, synchronously.
 *
 * @module
 */

/** Clean-ups of the captures that run, oldest first. */
const cleanups = new Set();

function runAll() {
  // Newest first: a recording stops writing before its file goes.
  for (const cleanup of [...cleanups].reverse()) {
    try {
      cleanup();
    } catch {
      // The process ends: the other clean-ups still have to run.
    }
  }
  cleanups.clear();
}

/**
 * Runs `cleanup` should the process (or this worker) exit before the returned function is called.
 *
 * @param {() => void} cleanup synchronous
 * @returns {() => void} forgets it; harmless to call twice
 */
function onExit(cleanup) {
  const entry = () => cleanup();
  if (cleanups.size === 0) process.on('exit', runAll);
  cleanups.add(entry);
  return () => {
    if (cleanups.delete(entry) && cleanups.size === 0) process.removeListener('exit', runAll);
  };
}

module.exports = { onExit };
