// Every name that rsprof exports, as the types declare it: the compiler refuses a name too many and
// a name too few, and types.test.js holds the same list against what is there at run time.
import type * as rsprof from 'rsprof';

type Surface = Exclude<keyof typeof rsprof, 'default' | 'module.exports'>;

export const surface: Record<Surface, true> = {
  RsprofError: true,
  analyze: true,
  backend: true,
  classHistogram: true,
  continuous: true,
  cpuProfile: true,
  diff: true,
  dryRun: true,
  exportProfile: true,
  gcProfile: true,
  heapProfile: true,
  heapSnapshot: true,
  heapSnapshotStream: true,
  inspect: true,
  label: true,
  labelRequests: true,
  profiler: true,
  signature: true,
  snapshotOnOutOfMemory: true,
  startCpuProfile: true,
  startGcProfile: true,
  startHeapProfile: true,
  version: true,
  watch: true,
};
