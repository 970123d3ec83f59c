import rsprof from './index.js';

export const {
  version,
  RsprofError,
  backend,
  heapSnapshot,
  heapSnapshotStream,
  startCpuProfile,
  cpuProfile,
  startHeapProfile,
  heapProfile,
} = rsprof;

export default rsprof;
