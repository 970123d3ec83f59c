'use strict';

/**
 * `dryRun()`: when rules would have fired over a recorded history. The engine is the one that watches; the
 * clock is that of the recording.
 *
 * @module
 */

const { resolveOptions } = require('../options.js');
const { invalidArgument } = require('../errors.js');
const { readBlackbox } = require('./blackbox/reader.js');
const { DEFAULT_RULES } = require('./defaults.js');
const { Engine } = require('./engine.js');
const { History } = require('./history.js');
const { LeakWatch } = require('./leak.js');
const { INDEX, WIDTH } = require('./metrics.js');
const { Rehearsal } = require('./rehearsal.js');
const { readLimits } = require('./limits.js');
const { readRules } = require('./rules.js');

/** Rows between two turns of the event loop: a day of seconds must not stop a server. */
const ROWS_A_TURN = 500;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The rows of a black box, oldest first: minutes where there are no seconds any more. */
function rowsOf(blackbox) {
  const [seconds, minutes] = [0, 1].map((tier) => [...blackbox.rows(tier)]);
  const first = seconds[0]?.time ?? Infinity;
  return [...minutes.filter(({ time }) => time < first), ...seconds];
}

/** A row as this version has it: a black box may be of an older one. */
function toRow(values, metrics) {
  const row = new Float64Array(WIDTH).fill(NaN);
  metrics.forEach((name, at) => {
    if (Object.hasOwn(INDEX, name)) row[INDEX[name]] = values[at];
  });
  return row;
}

const iso = (ms) => new Date(ms).toISOString();

class DryRun {
  #rehearsal;
  #engine;
  #history = new History();
  #leak = new LeakWatch(this.#history);
  firings = [];
  skipped = [];

  constructor(rules, limits) {
    this.#rehearsal = new Rehearsal(rules, limits);
    this.#engine = new Engine({
      rules,
      history: this.#history,
      leak: this.#leak,
      mayFire: ({ name }, now) => this.#rehearsal.mayFire(name, now),
      fire: (firing) => this.#fire(firing),
    });
  }

  add(row) {
    this.#history.add(row);
    this.#leak.note(row);
    this.#engine.evaluate(row[INDEX.time], row);
  }

  #fire({ rule, reason, now }) {
    const why = this.#rehearsal.whyNot(rule.name, now);
    const found = { rule: rule.name, at: iso(now), reason };
    if (why) this.skipped.push({ ...found, limit: why.limit });
    else this.firings.push(found);
    return !why;
  }
}

/**
 * See index.d.ts.
 *
 * @param {object} options
 * @returns {Promise<object>}
 */
async function dryRun(options) {
  const settings = resolveOptions('dryRun', options);
  if (settings.history === undefined)
    throw invalidArgument("dryRun() needs option 'history': the path of a black box");
  const limits = readLimits(settings.limits ?? {}, 'limits');
  const rules = readRules(settings.rules ?? DEFAULT_RULES, 'rules', { limits });
  const blackbox = await readBlackbox(settings.history);
  const rows = rowsOf(blackbox);
  const run = new DryRun(rules, limits);
  for (const [at, { values }] of rows.entries()) {
    if (at % ROWS_A_TURN === 0) await turn();
    run.add(toRow(values, blackbox.metrics));
  }
  const { firings, skipped } = run;
  const [from = null, to = null] = [rows[0], rows.at(-1)].map((row) => row && iso(row.time));
  return { from, to, samples: rows.length, firings, skipped };
}

module.exports = { dryRun };
