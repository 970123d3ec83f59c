'use strict';

/**
 * CPU profiles by name.
 *
 * @module
 */

const { CpuProfile } = require('./cpu-profile.js');
const { host } = require('./host.js');

const TREE = 0;
const FLAT = 1;
const DEFAULT_INTERVAL = 1000;
const MOST_INTERVAL = 2 ** 31 - 1;

/** The state of one profiler. */
class CpuProfiles {
  /** Profiles by the number in their `uid`, with holes where one was deleted. */
  profiles = [];
  #active = [];
  #interval = DEFAULT_INTERVAL;
  #shape = TREE;
  #how;
  #nextUid;

  /** @param {object} how see {@link cpuFunctions} */
  constructor(how) {
    this.#how = how;
    this.#nextUid = how.firstUid;
  }

  start(name, records, mode) {
    if (typeof name === 'boolean') return this.start('', name, mode);
    const key = this.#how.nameOf(name);
    // V8 does not start one of the same name again.
    if (this.#active.some((active) => active.name === key)) return undefined;
    const request = {
      interval: this.#interval,
      records: records === undefined || Boolean(records),
      eager: mode === 1 && this.#how.modes !== false,
    };
    this.#active.push({ name: key, begun: Date.now(), recording: host().startCpu(request) });
    return undefined;
  }

  stop(name) {
    const named = this.#active.findIndex((active) => active.name === name);
    if (name && named < 0) return undefined;
    if (name !== undefined && typeof name !== 'string') {
      throw new TypeError('Wrong argument [0] type (wait String)');
    }
    const index = name ? named : this.#active.length - 1;
    if (index < 0) return undefined;
    const [stopped] = this.#active.splice(index, 1);
    return this.#keep(stopped, stopped.recording.stop());
  }

  #keep({ name, begun }, raw) {
    const { profiles } = this;
    const uid = String(this.#nextUid++);
    const functions = {
      delete: () => {
        delete profiles[uid];
      },
    };
    const shape = { isFlat: this.#shape === FLAT, callUids: this.#how.callUids === true };
    const about = { uid, title: name || `Profile ${uid}`, functions };
    const profile = new CpuProfile(about, raw, shape);
    profile.startTime ||= begun;
    profile.endTime ||= Date.now();
    profiles[uid] = profile;
    return profile;
  }

  setInterval(value) {
    if (this.#active.length > 0) {
      throw new Error(
        'setSamplingInterval must be called when there are no profiles being recorded.',
      );
    }
    const interval = Number.parseInt(value, 10) || DEFAULT_INTERVAL;
    this.#interval = Math.min(Math.max(interval, 1), MOST_INTERVAL);
  }

  setShape(type) {
    if (type === TREE || type === FLAT) this.#shape = type;
    else console.error(`type should in [${TREE}, ${FLAT}], got ${type}.`);
  }

  deleteAll() {
    for (const uid of Object.keys(this.profiles)) this.profiles[uid].delete();
  }
}

/** V8's profilers are freed with their last profile anyway: there is nothing to clean up. */
function checkLimit(limit) {
  if (Number.isNaN(Number(limit))) console.error('limit should be number.');
}

/**
 * @param {object} how
 * @param {(name: unknown) => string} how.nameOf the name that a profile is started with
 * @param {number} how.firstUid
 * @param {boolean} [how.callUids] nodes have a `callUID`
 * @param {boolean} [how.modes] whether `startProfiling` has a third argument
 * @returns {object} the functions of a profiler
 */
function cpuFunctions(how) {
  const state = new CpuProfiles(how);
  return {
    get profiles() {
      return state.profiles;
    },
    startProfiling: (name, recsamples, mode) => state.start(name, recsamples, mode),
    stopProfiling: (name) => state.stop(name),
    setSamplingInterval: (interval) => state.setInterval(interval),
    setGenerateType: (type) => state.setShape(type),
    setProfilesCleanupLimit: checkLimit,
    deleteAllProfiles: () => state.deleteAll(),
    collectSample: () => {
      host().collectSample();
    },
  };
}

module.exports = { cpuFunctions };
