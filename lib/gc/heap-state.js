'use strict';

/**
 * How full the heap of this thread is, in the one form that the garbage collection profile works with,
 * whether Node tells it of a collection (`v8.GCProfiler`) or when it is asked (`node:v8`).
 *
 * @module
 */

const v8 = require('node:v8');

/**
 * Bytes. `old` is all that is not young: objects that have survived, code, large objects.
 *
 * @typedef {{ used: number, young: number, old: number, external: number, limit: number,
 *   semiSpace: number, spaces: { name: string, used: number, size: number, available: number }[]
 *   }} HeapState
 */

const YOUNG = new Set(['new_space', 'new_large_object_space']);

/** What one semi-space holds at most at its present size; V8 grows it as objects survive. */
function semiSpaceOf(spaces) {
  const space = spaces.find(({ name }) => name === 'new_space');
  return space ? space.used + space.available : 0;
}

function heapState({ used, external, limit, spaces }) {
  let young = 0;
  for (const space of spaces) if (YOUNG.has(space.name)) young += space.used;
  return {
    used,
    young,
    old: used - young,
    external,
    limit,
    semiSpace: semiSpaceOf(spaces),
    spaces,
  };
}

/**
 * @param {object} half `beforeGC` or `afterGC` of a record of `v8.GCProfiler`
 * @returns {HeapState}
 */
function recordedHeap({ heapStatistics, heapSpaceStatistics }) {
  return heapState({
    used: heapStatistics.usedHeapSize,
    external: heapStatistics.externalMemory,
    limit: heapStatistics.heapSizeLimit,
    spaces: heapSpaceStatistics.map((space) => ({
      name: space.spaceName,
      used: space.spaceUsedSize,
      size: space.spaceSize,
      available: space.spaceAvailableSize,
    })),
  });
}

/** @returns {HeapState} of this thread, now */
function currentHeap() {
  const statistics = v8.getHeapStatistics();
  return heapState({
    used: statistics.used_heap_size,
    external: statistics.external_memory,
    limit: statistics.heap_size_limit,
    spaces: v8.getHeapSpaceStatistics().map((space) => ({
      name: space.space_name,
      used: space.space_used_size,
      size: space.space_size,
      available: space.space_available_size,
    })),
  });
}

module.exports = { currentHeap, recordedHeap };
