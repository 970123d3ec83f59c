'use strict';

/**
 * `snapshotOnOutOfMemory()`: when V8's heap is full, a forked child writes it down while the process
 * dies as it would have. See index.d.ts and docs/how-it-works.md.
 *
 * @module
 */

const path = require('node:path');
const { isMainThread, threadId } = require('node:worker_threads');
const backends = require('./backend.js');
const { log } = require('./diagnostics.js');
const { lastOfItsKind } = require('./dependents.js');
const { RsprofError } = require('./errors.js');
const { defaultName, stamp } = require('./naming.js');
const { resolveOptions } = require('./options.js');
const { OutputFile } = require('./output-file.js');
const { identity } = require('./process-identity.js');
const { redactionKey } = require('./redaction-key.js');
const { sidecarFields } = require('./sidecar.js');
const { unforkable } = require('./snapshot-strategy.js');
const { sweepOnce } = require('./sweep.js');

const CALL = 'snapshotOnOutOfMemory';
const KIND = 'heapSnapshot';

/** Seconds a process waits by default whose death would end the child too. */
const WAIT_SECONDS = 60;

/** Checks where the file shall go, and how it will be called: `{ output, name, stamped }`. */
function place({ path: file, dir, compression, overwrite, sidecar }) {
  const now = new Date();
  const ownName = defaultName(KIND, compression, now);
  const output = new OutputFile({
    file: file ?? path.join(dir, ownName),
    makeDir: file === undefined,
    overwrite,
    sidecar,
  });
  // Without a path the file is named after the moment at which the heap was full.
  const stamped = file === undefined;
  const name = stamped ? ownName.slice(stamp(now).length) : path.basename(output.path);
  return { output, name, stamped };
}

/** How long V8 is kept waiting, in seconds. */
function waitSeconds({ wait }) {
  if (wait !== undefined) return wait;
  // A worker's death ends no process.
  const reason = isMainThread ? lastOfItsKind() : undefined;
  if (reason) log('%s: at out-of-memory the process waits for the file: %s', CALL, reason);
  return reason ? WAIT_SECONDS : 0;
}

function request(settings, reason) {
  const { output, name, stamped } = place(settings);
  const { compression, level, numericValues, exposeInternals, redact, budget } = settings;
  const wait = waitSeconds(settings);
  const options = { ...settings, wait };
  return {
    folder: output.dir,
    name,
    stamped,
    overwrite: settings.overwrite,
    hostTag: identity().hostTag,
    threadId,
    ...(settings.sidecar && {
      sidecar: JSON.stringify({
        ...sidecarFields({ kind: KIND, settings: options }),
        ...(reason !== undefined && { reason }),
      }),
    }),
    compression,
    level,
    numericValues,
    exposeInternals,
    ...(redact === 'strings' && { redactKey: redactionKey() }),
    budgetSeconds: budget.seconds,
    ...(budget.memory !== undefined && { budgetMemory: budget.memory }),
    extension: settings.extension,
    waitSeconds: wait,
    inWorker: !isMainThread,
    uptime: process.uptime(),
  };
}

/** What the addon watches. Held here: what nobody refers to is collected, and then it would stop. */
let armed;

/**
 * Has a child write a heap snapshot when this thread's heap is full.
 *
 * @param {object} [options] of `snapshotOnOutOfMemory()`
 * @param {string} [reason] in the sidecar instead of `out-of-memory`: a rule's, by which lib/watch knows that it
 *   may remove the file
 * @returns {{ disarm(): void }}
 */
function armOutOfMemory(options, reason) {
  const settings = resolveOptions(CALL, options);
  const backend = backends.current();
  const why = unforkable(backend);
  if (why) {
    const message = `rsprof cannot take a snapshot at out-of-memory here: ${why}`;
    throw new RsprofError('ERR_RSPROF_UNSUPPORTED', message);
  }
  if (armed) {
    const message = `${CALL}() is armed in this thread already; disarm() the first one`;
    throw new RsprofError('ERR_RSPROF_BUSY', message);
  }
  const wanted = request(settings, reason);
  sweepOnce(wanted.folder);
  const watch = backend.watchOutOfMemory(wanted);
  armed = watch;
  return {
    disarm() {
      watch.disarm();
      if (armed === watch) armed = undefined;
    },
  };
}

/**
 * See index.d.ts.
 *
 * @param {object} [options]
 * @returns {{ disarm(): void }}
 */
function snapshotOnOutOfMemory(options) {
  return armOutOfMemory(options);
}

module.exports = { armOutOfMemory, snapshotOnOutOfMemory };
