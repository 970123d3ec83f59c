'use strict';

/**
 * A profile that records until somebody stops it: what CPU and heap profiles share.
 *
 * @module
 */

const { abortedError, onAbort, throwIfAborted } = require('./abort.js');
const { Capture } = require('./capture.js');

const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

class ProfileHandle {
  #capture;
  #output;
  #recording;
  #describe;
  #leave;
  #settle;
  #ended = false;

  /**
   * @param {object} parts
   * @param {Capture} parts.capture
   * @param {OutputFile} [parts.output] checked, not created; none: the figures are all there is
   * @param {object} parts.recording of the backend, running
   * @param {(report: object, recording: object) => object} parts.describe figures of the result
   * @param {() => void} [parts.leave] called when the recording has ended, at the latest with the capture
   */
  constructor({ capture, output, recording, describe, leave }) {
    this.#capture = capture;
    this.#output = output;
    this.#recording = recording;
    this.#describe = describe;
    this.#leave = leave;
    /** Settles when the profile has ended, whoever ended it. Never an unhandled rejection. */
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.done.catch(() => {});
    this.#endByItself();
  }

  #endByItself() {
    const { settings, signal } = this.#capture;
    const timer = setTimeout(
      () => this.#end(() => this.#finish('limit')),
      settings.maxSeconds * 1000,
    );
    timer.unref();
    this.#capture.abortAtExit(this.#recording);
    this.#capture.defer(() => clearTimeout(timer));
    this.#capture.defer(onAbort(signal, () => this.cancel()));
  }

  /** Only the first end counts; its work runs synchronously up to its first await. */
  #end(work) {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle(this.#capture.run(work));
  }

  async #finish(endedBy) {
    if (this.#output) return this.#write(endedBy);
    const report = await this.#recording.stop();
    throwIfAborted(this.#capture.signal);
    return { ...this.#describe(report, this.#recording), endedBy };
  }

  async #write(endedBy) {
    const { settings, signal } = this.#capture;
    const { compression, level } = settings;
    this.#createTarget();
    const target = this.#output.partial;
    const stopped = this.#recording.stop({ target, compression, level });
    // V8 records no more: the next profile may start while this one is written.
    this.#leave?.();
    const report = await stopped;
    throwIfAborted(signal);
    const figures = { ...this.#describe(report, this.#recording), endedBy };
    return this.#capture.commit(this.#output, figures);
  }

  #createTarget() {
    try {
      this.#output.create(this.#capture.guardFile);
    } catch (error) {
      this.#cancel();
      throw error;
    }
  }

  #cancel() {
    this.#recording.cancel();
    this.#leave?.();
  }

  /** Ends the profile now and writes its file, where it has one. Idempotent: always the same promise. */
  stop() {
    this.#end(() => this.#finish('stop'));
    return this.done;
  }

  /** Ends the profile without a file. Nothing happens once it has ended. */
  cancel() {
    this.#end(async () => {
      this.#cancel();
      throw abortedError(this.#capture.signal);
    });
  }

  async [ASYNC_DISPOSE]() {
    try {
      await this.stop();
    } catch (error) {
      // Whoever cancelled knows; a file that could not be written is news.
      if (error.code !== 'ERR_RSPROF_ABORTED') throw error;
    }
  }
}

/**
 * Starts a profile, synchronously.
 *
 * @param {object} how
 * @param {'cpuProfile'|'heapProfile'} how.kind
 * @param {object} how.settings the options with their defaults
 * @param {(backend: object) => object} how.start starts the recording
 * @param {(report: object, recording: object) => object} how.describe figures of the result
 * @param {() => void} [how.leave] called when the recording has ended
 * @returns {ProfileHandle}
 * @throws {RsprofError}
 */
function startProfile({ kind, settings, start, describe, leave }) {
  const capture = new Capture(kind, settings);
  if (leave) capture.defer(leave);
  try {
    throwIfAborted(settings.signal);
    const output = capture.openOutput();
    const recording = start(capture.backend());
    return new ProfileHandle({ capture, output, recording, describe, leave });
  } catch (error) {
    throw capture.fail(error);
  }
}

/**
 * Stops `handle` after `seconds`, or earlier when its signal or its limit ends it.
 *
 * @param {ProfileHandle} handle
 * @param {number} seconds
 * @returns {Promise<object>} the result of the profile
 */
async function stopAfter(handle, seconds) {
  const timer = setTimeout(() => handle.stop(), seconds * 1000);
  try {
    return await handle.done;
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { ProfileHandle, startProfile, stopAfter };
