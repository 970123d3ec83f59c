import rsprof from './index.js';

export const {
  version,
  RsprofError,
  backend,
  heapSnapshot,
  heapSnapshotStream,
  snapshotOnOutOfMemory,
  startCpuProfile,
  cpuProfile,
  startHeapProfile,
  heapProfile,
  continuous,
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
