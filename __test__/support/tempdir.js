'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const cleanups = new WeakMap();

/** Has `cleanup` called when the test `t` is over, the newest first (node:test has the oldest first). */
function onCleanup(t, cleanup) {
  if (!cleanups.has(t)) {
    cleanups.set(t, []);
    t.after(() => {
      for (const one of cleanups.get(t).reverse()) one();
    });
  }
  cleanups.get(t).push(cleanup);
}

/** Makes an empty folder that is removed when the test `t` is over. */
function tempDir(t, prefix = 'rsprof-test-') {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), prefix)));
  onCleanup(t, () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The names in a folder, sorted: what a user would see, `.partial` files included. */
function names(folder) {
  return fs.readdirSync(folder).sort();
}

module.exports = { onCleanup, tempDir, names };
