'use strict';

/**
 * memwatch: what full collections leave, an alarm when it grows, and the difference between two moments.
 *
 * `@airbnb/node-memwatch` 3.0.0 and its ancestors differ in what `stats` carries: each has an emitter of
 * its own.
 *
 * @module
 */

const { EventEmitter } = require('node:events');
const { invalidArgument } = require('../errors.js');
const { Collections } = require('./memwatch/collections.js');
const { ConsecutiveGrowth, GrowthTrend } = require('./memwatch/growth.js');
const { heapDiffOf } = require('./memwatch/heap-diff.js');
const { LegacyStats } = require('./memwatch/legacy-stats.js');
const { collect } = require('./memwatch/force-gc.js');

const STATS = Object.freeze(['current', 'legacy']);
const LEAKS = Object.freeze(['consecutive', 'trend', false]);

let common;

function checked(options) {
  if (typeof options !== 'object' || options === null)
    throw invalidArgument('configure() takes { stats, leak }');
  for (const name of Object.keys(options)) {
    const values = { stats: STATS, leak: LEAKS }[name];
    if (!values) throw invalidArgument(`configure() has no option ${name}; there are stats, leak`);
    if (!values.includes(options[name]))
      throw invalidArgument(`${name} is one of ${values.join(', ')}; got ${String(options[name])}`);
  }
  return options;
}

/** What one emitter tells. */
class Teller {
  #emitter;
  #stats;
  #leak = 'consecutive';
  #growth = new ConsecutiveGrowth();
  #legacy = new LegacyStats();

  constructor(emitter, stats) {
    this.#emitter = emitter;
    this.#stats = stats;
  }

  configure(options) {
    const { stats = this.#stats, leak = this.#leak } = checked(options);
    this.#stats = stats;
    if (leak === this.#leak) return;
    this.#leak = leak;
    this.#growth.stop?.();
    if (leak === false) this.#growth = null;
    else this.#growth = leak === 'trend' ? new GrowthTrend() : new ConsecutiveGrowth();
  }

  /** A full collection is over. As the original has it, `leak` comes before `stats`. */
  tell(stats, isRepeated) {
    const report = isRepeated ? null : this.#growth?.note(stats);
    const legacy = this.#legacy.note(stats);
    if (report) this.#emitter.emit('leak', report);
    this.#emitter.emit('stats', this.#stats === 'legacy' ? legacy : stats);
  }
}

/** What every emitter of this thread has in common. */
function shared() {
  common ??= makeCommon();
  return common;
}

function makeCommon() {
  const collections = new Collections();
  const gc = () => collections.force(collect);
  return { collections, gc, HeapDiff: heapDiffOf(collections) };
}

/** Keys and their order are those of the original; what is ours does not show among them. */
function make(stats) {
  const { collections, gc, HeapDiff } = shared();
  const memwatch = new EventEmitter();
  const teller = new Teller(memwatch, stats);
  collections.follow((figures, isRepeated) => teller.tell(figures, isRepeated));
  const configure = (options) => teller.configure(options);
  return Object.defineProperty(Object.assign(memwatch, { gc, HeapDiff }), 'configure', {
    value: configure,
  });
}

module.exports = { make };
