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
  analyze,
  diff,
  inspect,
  signature,
} = rsprof;

export default rsprof;
