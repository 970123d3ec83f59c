'use strict';

/** An engine of which every answer can be asked for, in the place of the addon. */

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { deferred } = require('./support.js');

/** Ends when the test says so (`end`), or at once. */
class FakeAnalysis {
  cancelled = 0;
  #ended = deferred();

  constructor(request, how) {
    this.request = request;
    this.how = how;
    this.done = this.#ended.promise;
    if (!how.wait) this.end();
  }

  end(outcome = this.how.outcome ?? { ok: JSON.stringify(this.how.answer ?? {}) }) {
    this.#ended.resolve(outcome);
  }

  cancel() {
    this.cancelled++;
    this.end({ error: { code: 'ERR_RSPROF_ABORTED', message: 'cancelled' } });
  }
}

/** Has `require('../native/index.js')` give `addon`, or throw it where it is an error. */
function useAddon(t, addon) {
  const load = Module._load;
  Module._load = function (request, ...rest) {
    if (request !== '../native/index.js') return load.call(this, request, ...rest);
    if (addon instanceof Error) throw addon;
    return addon;
  };
  t.after(() => {
    Module._load = load;
  });
}

/**
 * @param {object} how `answer`: what the engine finds; `outcome`: all of what it says; `wait`: ends only by
 *   `end()` or `cancel()`; `kind`: what a file is
 * @returns {FakeAnalysis[]} one for each call
 */
function useEngine(t, how = {}) {
  const analyses = [];
  const begin = (request) => {
    const analysis = new FakeAnalysis(request, how);
    analyses.push(analysis);
    return analysis;
  };
  const { kind = 'heapSnapshot' } = how;
  useAddon(t, {
    fileKind: () => ({ done: Promise.resolve({ ok: kind }), cancel() {} }),
    analyzeHeap: (file, options, onProgress) => begin({ file, options, onProgress }),
    diffHeaps: (files, options, onProgress) => begin({ files, options, onProgress }),
    inspectHeap: (file, options, onProgress) => begin({ file, options, onProgress }),
    heapSignature: (file, onProgress) => begin({ file, onProgress }),
  });
  return analyses;
}

/** Writes a file that stands for a snapshot. */
function snapshotFile(dir, name = 'a.heapsnapshot', content = '{"snapshot":{}}') {
  const file = path.join(dir, name);
  fs.writeFileSync(file, content);
  return file;
}

module.exports = { snapshotFile, useAddon, useEngine };
