'use strict';

/**
 * A stuck event loop: no timer of ours runs while it is stuck, so the addon's watchdog notices, and takes
 * the CPU profile of the code that does not end. What it found is taken when the loop turns again.
 *
 * @module
 */

const inspector = require('node:inspector');
const path = require('node:path');
const { threadId } = require('node:worker_threads');
const { onExit } = require('../exit.js');
const { defaultName, stamp } = require('../naming.js');
const { identity } = require('../process-identity.js');
const { sidecarFields } = require('../sidecar.js');
const { diskSpace } = require('./disk.js');
const { DIR_LOCK } = require('./host-lock.js');
const { bytesOfRoom } = require('./limit-options.js');

/** A beat at least this often, so that a missing one means something. */
const MOST_BEAT_MS = 1000;
const LEAST_BEAT_MS = 20;
const BEATS_A_THRESHOLD = 4;

/** Compression of a profile that nobody has chosen one for. */
const COMPRESSION = Object.freeze({ compression: 'gzip', level: 1 });

/** What the watchdog has to know to write a file as those of JavaScript are written. */
function settingsFor({ place, rule, times }) {
  const { dir, minFreeDisk, say } = place;
  const settings = { ...COMPRESSION, interval: times.intervalUs };
  const now = new Date();
  const fields = sidecarFields({ kind: 'cpuProfile', settings });
  return {
    ...times,
    ...COMPRESSION,
    dir,
    // The time in front of it is that of the episode.
    name: defaultName('cpuProfile', COMPRESSION.compression, now).slice(stamp(now).length),
    hostTag: identity().hostTag,
    threadId,
    lockPath: path.join(dir, DIR_LOCK),
    minFree: bytesOfRoom(minFreeDisk, diskSpace(dir).totalBytes) || 0,
    sidecar: JSON.stringify({ ...fields, reason: `rule ${rule.name}: the event loop is stuck` }),
    say,
    uptime: process.uptime(),
  };
}

class StuckWatch {
  #watchdog;
  #timer;
  #forgetExit;

  /**
   * @param {object} parts
   * @param {object} parts.addon with `Watchdog`
   * @param {{ dir: string, minFreeDisk: object, say: boolean }} parts.place of the profile; `say`: tell of each
   *   episode on standard error
   * @param {object} parts.rule that waits for it
   * @param {{ thresholdMs: number, profileMs: number, intervalUs: number }} parts.times
   * @param {() => boolean} parts.mayCapture asked at each beat
   * @param {(episode: object) => void} parts.onEpisode called when the loop turns again
   */
  constructor({ addon, place, rule, times, mayCapture, onEpisode }) {
    this.#watchdog = new addon.Watchdog(settingsFor({ place, rule, times }));
    const beatMs = Math.min(MOST_BEAT_MS, times.thresholdMs / BEATS_A_THRESHOLD);
    const beat = () => {
      this.#watchdog.setDebugged(inspector.url() !== undefined);
      this.#watchdog.beat(mayCapture());
      const text = this.#watchdog.take();
      if (text !== null) for (const episode of JSON.parse(text)) onEpisode(episode);
    };
    this.#timer = setInterval(beat, Math.max(LEAST_BEAT_MS, beatMs));
    this.#timer.unref();
    // It watches from the first beat on: a start that loads for long is no stuck loop.
    // Node runs no clean-up of addons at process.exit().
    this.#forgetExit = onExit(() => this.#watchdog.stop());
  }

  stop() {
    clearInterval(this.#timer);
    this.#forgetExit();
    this.#watchdog.stop();
  }
}

module.exports = { StuckWatch };
