'use strict';

/**
 * How many nodes of each kind one snapshot has more than another.
 *
 * @module
 */

/** `{ type, name }` of each node of what is no snapshot of ours, but looks like one. */
function* rowsOf(snapshot) {
  for (let index = 0; index < snapshot.nodesCount; index++) yield snapshot.getNode(index);
}

const keyOf = ({ type, name }) => (type === 'Object' ? name : type);

/** The package's own way: what is counted on is not the key's number but that of the node's name. */
function countAsThePackage(nodes) {
  const counts = {};
  for (const node of nodes) {
    const key = keyOf(node);
    counts[key] = counts[node.name] || 0;
    counts[key]++;
  }
  return counts;
}

function countRight(nodes) {
  const counts = Object.create(null);
  for (const node of nodes) {
    const key = keyOf(node);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const iterable = (nodes) => (typeof nodes[Symbol.iterator] === 'function' ? nodes : rowsOf(nodes));

/**
 * @param {Iterable<{ type: string, name: string }>|object} self
 * @param {Iterable<{ type: string, name: string }>|object} other
 * @param {{ fixed?: boolean }} [options] `fixed`: numbers that are right, for all types
 * @returns {Record<string, number>} nodes of `other` less those of `self`, by name for objects, by type for
 *   all else
 */
function compareSnapshots(self, other, { fixed = false } = {}) {
  const count = fixed ? countRight : countAsThePackage;
  const [before, after] = [count(iterable(self)), count(iterable(other))];
  const difference = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    difference[key] = (after[key] || 0) - (before[key] || 0);
  }
  return difference;
}

module.exports = { compareSnapshots };
