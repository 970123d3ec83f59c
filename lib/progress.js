'use strict';

/**
 * Progress by polling: nothing of V8 calls back into JavaScript, so a callback can do what it likes.
 *
 * @module
 */

/** Milliseconds between two looks. */
const INTERVAL_MS = 100;

/** Calls `callback` until it fails once; its failure is a process warning, never more. */
class Reporter {
  #callback;

  constructor(callback) {
    this.#callback = callback;
  }

  report(progress) {
    try {
      const answer = this.#callback?.(progress);
      if (typeof answer?.then === 'function') answer.then(undefined, (error) => this.#mute(error));
    } catch (error) {
      this.#mute(error);
    }
  }

  #mute(error) {
    if (!this.#callback) return;
    this.#callback = undefined;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`onProgress failed and is not called again: ${text}`, {
      type: 'RsprofWarning',
      code: 'RSPROF_ON_PROGRESS',
    });
  }
}

function asProgress({ done, total, rawBytes }) {
  const percent = total > 0 ? Math.min(100, (100 * done) / total) : 0;
  return { percent, done, total, rawBytes };
}

/** What `recording` says, or undefined once it has nothing to say any more. */
function look(recording) {
  try {
    return recording.progress();
  } catch {
    return undefined;
  }
}

/**
 * Reports the progress of `recording` every 100 ms while the event loop turns. The timer keeps no
 * process alive.
 *
 * @param {{ progress(): { done: number, total: number, rawBytes: number } }} recording
 * @param {((progress: object) => void)|undefined} callback
 * @returns {{ finish(rawBytes: number): void, stop(): void }} `finish` makes the last call, with
 *   100 %; `stop` ends without one
 */
function followProgress(recording, callback) {
  if (!callback) return { finish() {}, stop() {} };
  const reporter = new Reporter(callback);
  let last = { done: 0, total: 0, rawBytes: 0 };
  const poll = () => {
    last = look(recording) ?? last;
    reporter.report(asProgress(last));
  };
  const timer = setInterval(poll, INTERVAL_MS).unref();
  const stop = () => clearInterval(timer);
  const finish = (rawBytes) => {
    stop();
    const { total } = look(recording) ?? last;
    reporter.report({ percent: 100, done: total, total, rawBytes });
  };
  return { finish, stop };
}

module.exports = { INTERVAL_MS, Reporter, followProgress };
