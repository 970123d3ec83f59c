import rsprof from './index.js';

export const {
  version,
  RsprofError,
  backend,
  heapSnapshot,
  heapSnapshotStream,
  classHistogram,
  snapshotOnOutOfMemory,
  startCpuProfile,
  cpuProfile,
  startHeapProfile,
  heapProfile,
  continuous,
  watch,
  dryRun,
  profiler,
  startGcProfile,
  gcProfile,
  label,
  labelRequests,
  analyze,
  diff,
  inspect,
  signature,
  exportProfile,
} = rsprof;

export default rsprof;
