'use strict';

/**
 * Who makes the captures that limits may remove: rules, and people by the buttons of the profiler. Sidecars
 * say so in their `reason`.
 *
 * @module
 */

/** The name under which the ledger knows the profiler. */
const PROFILER = 'profiler';

const OF_RULE = /^rule .{1,200}?: ./;
const OF_PROFILER = /^profiler: ./;

/**
 * @param {string} reason of a sidecar
 * @returns {'rule'|'profiler'|null} null: somebody else
 */
function makerOfReason(reason) {
  if (OF_RULE.test(reason)) return 'rule';
  return OF_PROFILER.test(reason) ? 'profiler' : null;
}

/** @returns {string} `reason` as it stands in the sidecar of what the profiler made */
function reasonOfProfiler(text) {
  return `${PROFILER}: ${text}`;
}

/** @returns {boolean} whether the profiler made an entry of the ledger */
const isOfProfiler = ({ rule }) => rule === PROFILER;

module.exports = { PROFILER, isOfProfiler, makerOfReason, reasonOfProfiler };
