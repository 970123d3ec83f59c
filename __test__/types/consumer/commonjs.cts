import rsprof = require('rsprof');

const { heapSnapshot, startCpuProfile } = rsprof;

export async function capture(): Promise<string> {
  const handle: rsprof.CpuProfileHandle = startCpuProfile();
  const { path }: rsprof.HeapSnapshotResult = await heapSnapshot();
  await handle.stop();
  return path;
}
