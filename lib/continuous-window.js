'use strict';

/**
 * One window: a recording of each kind, from one moment to another, and what becomes of it as pprof.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { startCpuProfile } = require('./cpu-profile.js');
const { fromSystemError } = require('./errors.js');
const { onExit } = require('./exit.js');
const { startHeapProfile } = require('./heap-profile.js');
const { windowName } = require('./continuous-ring.js');
const { partialName } = require('./naming.js');
const { identity } = require('./process-identity.js');
const { writePprof } = require('./continuous-pprof.js');

/** No window is longer, however long the disk stands still. */
const MAX_SECONDS = 86_400;

const STARTS = Object.freeze({
  cpu: (settings, common) => startCpuProfile({ ...common, interval: settings.cpu.interval }),
  heap: (settings, common) => startHeapProfile({ ...common, ...settings.heap }),
});

const EXTENSIONS = Object.freeze({ cpu: '.cpuprofile', heap: '.heapprofile' });

/**
 * A file that nobody is to see: named as what a later capture in the folder sweeps should this process be
 * killed.
 */
function hidden(file) {
  return partialName(file, identity());
}

function unlinkQuietly(file) {
  try {
    fs.unlinkSync(file);
  } catch {
    // Gone already, or never made.
  }
}

/** One recording of a window, on its way to a pprof file. */
class Part {
  #raw;
  #converted;
  #out;
  #forget;

  /**
   * @param {'cpu'|'heap'} kind
   * @param {object} settings of `continuous()`
   * @param {string} base path of the files, without kind
   * @throws {RsprofError} as the start of a profile does
   */
  constructor(kind, settings, base) {
    this.kind = kind;
    this.#raw = hidden(`${base}${EXTENSIONS[kind]}`);
    this.#out = settings.dir === undefined ? null : `${base}.${kind}.pb.gz`;
    this.#converted = hidden(`${base}.${kind}.pb.gz`);
    this.#forget = onExit(() => this.#remove());
    this.handle = this.#start(kind, settings);
  }

  #start(kind, settings) {
    try {
      return STARTS[kind](settings, {
        path: this.#raw,
        compression: 'none',
        sidecar: false,
        reason: 'continuous',
        maxSeconds: MAX_SECONDS,
      });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #remove() {
    unlinkQuietly(this.#raw);
    unlinkQuietly(this.#converted);
  }

  /** Ends it for nothing. */
  cancel() {
    this.handle.cancel();
    this.#forget();
  }

  /**
   * Waits for the recording, which was stopped, and makes the pprof of it.
   *
   * @param {{ from: number, until: number }} times of the window
   * @returns {Promise<{ bytes: number, path?: string, body?: Buffer }>} `path` with a ring, else `body`
   * @throws {RsprofError} DISK_FULL, ACCESS, IO and others; then no file is left
   */
  async finish(times) {
    try {
      await this.handle.done;
      await writePprof(this.#raw, this.#converted, times);
      return await this.#place();
    } catch (error) {
      throw fromSystemError(error, 'write', this.#out ?? this.#converted);
    } finally {
      this.#remove();
      this.#forget();
    }
  }

  async #place() {
    if (this.#out === null) {
      const body = await fs.promises.readFile(this.#converted);
      return { body, bytes: body.length };
    }
    const { size: bytes } = await fs.promises.stat(this.#converted);
    await fs.promises.rename(this.#converted, this.#out);
    return { path: this.#out, bytes };
  }
}

class Window {
  #parts = [];

  /**
   * Starts the recordings of `kinds`.
   *
   * @param {object} settings of `continuous()`
   * @param {string} dir where its files are made
   * @param {number} from this moment, in ms since the epoch
   */
  constructor(settings, dir, from) {
    this.from = from;
    this.until = from;
    /** What could not be started: `{ kind, error }`. */
    this.failures = [];
    const base = path.join(dir, windowName(from));
    for (const kind of ['cpu', 'heap']) if (settings[kind]) this.#start(kind, settings, base);
  }

  #start(kind, settings, base) {
    try {
      this.#parts.push(new Part(kind, settings, base));
    } catch (error) {
      this.failures.push({ kind, error });
    }
  }

  /** Ends the recording of `kind`, synchronously; its file is written meanwhile. */
  stop(kind) {
    this.#find(kind)?.handle.stop();
  }

  #find(kind) {
    return this.#parts.find((part) => part.kind === kind);
  }

  /** Ends all of it for nothing. */
  cancel() {
    for (const part of this.#parts) part.cancel();
    this.#parts = [];
  }

  /**
   * Makes pprof of what was stopped, one kind after the other.
   *
   * @returns {AsyncGenerator<{ kind: string, profile?: object, error?: RsprofError }>}
   */
  async *finish() {
    for (const part of this.#parts) {
      const { kind } = part;
      try {
        yield { kind, profile: await part.finish(this) };
      } catch (error) {
        yield { kind, error };
      }
    }
  }
}

module.exports = { Window };
