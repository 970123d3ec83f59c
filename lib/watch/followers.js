'use strict';

/**
 * Who follows a watcher, and what happened last for those who come later. Without followers a reading costs the
 * question whether there are any.
 *
 * @module
 */

const path = require('node:path');

/** Occurrences that are kept: what a chart of the last day can show. */
const MOST_OCCURRENCES = 100;

/** What is worth a mark; actions by themselves are many, and tell nothing that `done` does not. */
const KEPT = Object.freeze(['fire', 'skip', 'done', 'stuck', 'crash']);

/**
 * What happened, in plain data that names no folder.
 *
 * @typedef {object} Occurrence
 * @property {string} event `fire`, `skip`, `action`, `done`, `stuck`, `crash`, `failure`, `start` or `stop`
 * @property {string|null} rule
 * @property {string|null} reason why the rule fires, or why it was skipped
 * @property {string|null} verdict
 * @property {string[]} files names
 * @property {number} at ms since the epoch
 */

/** Captures of an event: those of a rule, the profile of a stuck loop. */
function filesOf({ files, path: file }) {
  const all = Array.isArray(files) ? files : [file];
  return all.filter((one) => typeof one === 'string').map((one) => path.basename(one));
}

/** When it is told, but for a firing: that was when the rule fired. */
function timeOf(event, { at }, now) {
  const time = event === 'fire' ? Date.parse(at) : now;
  return Number.isFinite(time) ? time : now;
}

/** @returns {Occurrence} */
function occurrenceOf(event, message, now) {
  const { rule, reason, why, verdict } = message;
  return {
    event,
    rule: rule ?? null,
    reason: why ?? reason ?? null,
    verdict: verdict ?? null,
    files: event === 'crash' ? [] : filesOf(message),
    at: timeOf(event, message, now),
  };
}

class Followers {
  #all = new Set();
  #occurrences = [];

  /** What happened last, oldest first. */
  get occurrences() {
    return [...this.#occurrences];
  }

  /** @returns {() => void} ends it */
  add(follower) {
    this.#all.add(follower);
    return () => this.#all.delete(follower);
  }

  /** A reading: the row is the watcher's own. */
  row(row) {
    if (this.#all.size > 0) this.#tell('row', row);
  }

  /** An event, as the watcher tells of it. */
  event(event, message) {
    const isKept = KEPT.includes(event);
    if (!isKept && this.#all.size === 0) return;
    const occurrence = occurrenceOf(event, message, Date.now());
    if (isKept) this.#keep(occurrence);
    this.#tell('occurrence', occurrence);
  }

  /** The watcher has stopped. */
  end() {
    this.#tell('end');
    this.#all.clear();
  }

  #keep(occurrence) {
    this.#occurrences.push(occurrence);
    if (this.#occurrences.length > MOST_OCCURRENCES) this.#occurrences.shift();
  }

  #tell(what, value) {
    for (const follower of [...this.#all]) {
      try {
        follower[what](value);
      } catch {
        this.#all.delete(follower);
      }
    }
  }
}

module.exports = { Followers };
