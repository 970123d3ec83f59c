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
} = rsprof;

export default rsprof;
