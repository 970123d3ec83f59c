'use strict';

/**
 * What a rule's triggers and actions mean for its limits.
 *
 * @module
 */

/** What does not come again: a process that has just started, or is busy, is no reason to let it pass. */
const URGENT = new Set(['stuck', 'nearHeapLimit', 'signal']);

/** Actions that write a file of their own. */
const CAPTURES = new Set(['heapSnapshot', 'cpuProfile', 'heapProfile', 'report']);

/** Whether the grace after the start does not hold for `rule`. */
function isUrgent(rule) {
  return rule.when.triggers.some(({ kind }) => URGENT.has(kind));
}

/** Kinds of the captures that `rule` takes; none: it needs neither disk nor host. */
function capturesOf(rule) {
  return rule.actions.map(({ type }) => type).filter((type) => CAPTURES.has(type));
}

module.exports = { capturesOf, isUrgent };
