'use strict';

/**
 * The rules of a watcher that was given none: what somebody wants to have had, afterwards.
 *
 * @module
 */

const DEFAULT_RULES = Object.freeze([
  {
    name: 'heap',
    when: 'heapUsed > 85% of heapLimit for 10s',
    actions: ['heapSnapshot', 'analyze', 'diff'],
  },
  {
    name: 'memory',
    when: 'rss > 80% of memoryLimit for 10s',
    actions: ['heapSnapshot', 'analyze', 'diff'],
  },
  { name: 'leak', when: 'leak', actions: ['heapSnapshot', 'analyze', 'diff'] },
  {
    name: 'out-of-memory',
    when: 'nearHeapLimit',
    actions: ['heapSnapshot', 'analyze'],
  },
  { name: 'stuck', when: 'stuck(5s)', actions: ['cpuProfile', 'analyze'] },
  { name: 'slow-loop', when: 'eventLoopDelay > 500ms for 30s', actions: ['cpuProfile', 'analyze'] },
  { name: 'cpu', when: 'threadCpu > 95% for 2m', actions: ['cpuProfile', 'analyze'] },
]);

module.exports = { DEFAULT_RULES };
