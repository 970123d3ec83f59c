import old from 'rsprof/compat/v8-profiler';
import type { CpuProfile, FlatCpuProfile, Snapshot } from 'rsprof/compat/v8-profiler-next';
import profiler, * as star from 'rsprof/compat/v8-profiler-next';

const snapshot: Snapshot = profiler.takeSnapshot('a');
snapshot.export((error, text) => {
  if (!error) console.log(text?.length);
});
const stream = snapshot.export().pipe(process.stdout);
stream.on('finish', snapshot.delete);
star.startProfiling('x', true, 1);
star.startProfiling(true);
const profile: CpuProfile | undefined = star.stopProfiling('x');
const flat = star.stopProfiling<FlatCpuProfile>();
console.log(profile?.head.children[0]?.lineNumber, flat?.nodes[0]?.callFrame.url);
const uid: number | undefined = old.stopProfiling()?.head.callUID;
const diff: Record<string, number> = snapshot.compare(old.takeSnapshot(), { fixed: true });
console.log(
  uid,
  diff,
  profiler.getHeapStats((samples) => samples.length > 3),
  profiler.snapshots[1]?.uid,
);
profiler.startSamplingHeapProfiling(1, 2);
profiler
  .stopSamplingHeapProfiling()
  ?.export(process.stdout)
  .on('x', () => {});
// @ts-expect-error not a type
profiler.setGenerateType(2);
// @ts-expect-error one argument is not enough
profiler.startSamplingHeapProfiling(1);
// @ts-expect-error v8-profiler has none
old.collectSample();
