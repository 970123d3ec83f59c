import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HeapDiff, HeapReport, HeapSnapshotOptions, HeapSnapshotResult } from 'rsprof';
import rsprof, {
  analyze,
  backend,
  classHistogram,
  continuous,
  cpuProfile,
  diff,
  exportProfile,
  heapProfile,
  heapSnapshot,
  heapSnapshotStream,
  inspect,
  label,
  labelRequests,
  RsprofError,
  signature,
  snapshotOnOutOfMemory,
  startCpuProfile,
  startHeapProfile,
  version,
} from 'rsprof';

const text: string = version;
const name: 'native' | 'inspector' = backend().name;
const same: typeof heapSnapshot = rsprof.heapSnapshot;

export async function captures(signal: AbortSignal): Promise<HeapSnapshotResult> {
  const options: HeapSnapshotOptions = {
    dir: 'captures',
    compression: 'zstd',
    level: 3,
    overwrite: true,
    signal,
    onProgress: ({ done, total }) => console.log((100 * done) / total),
    numericValues: false,
    exposeInternals: false,
    redact: 'strings',
    queue: true,
    reason: 'a test',
  };
  const result = await heapSnapshot(options);
  const pause: number = result.pauses.graphMs + result.pauses.serializeMs + result.pauses.releaseMs;
  const [top] = result.topClasses;
  console.log(pause, result.path, result.sha256, top?.name, top?.count, top?.selfSize);
  return result;
}

export async function forked(): Promise<void> {
  const watch = snapshotOnOutOfMemory({ dir: '/var/captures', wait: 5 });
  watch.disarm();
  const options = { strategy: 'fork', fallback: false, budget: { seconds: 60 } } as const;
  const { fork, fallback, stableIds, pauses } = await heapSnapshot({ ...options, spill: 'auto' });
  if (fork) console.log(fork.attempts, fork.childMs.graphMs, fork.confined, pauses.forkMs);
  else console.log(fallback?.reason, stableIds);
}

export async function classes(): Promise<void> {
  const { path, how, fork, classes } = await classHistogram({
    dir: 'captures',
    budget: { seconds: 9 },
  });
  const [most] = classes;
  console.log(path, how, fork.addedBytes, most?.name, most?.count);
}

export async function stream(): Promise<void> {
  const readable = heapSnapshotStream({ compression: 'gzip' });
  readable.pipe(process.stdout);
  const { nodeCount, edgeCount } = await readable.result;
  console.log(nodeCount, edgeCount);
}

export async function profiles(): Promise<void> {
  const handle = startCpuProfile({
    interval: 500,
    maxSeconds: 60,
    logging: 'lazy',
    mode: 'caller',
  });
  const { topFunctions, endedBy } = await handle.stop();
  const ended: 'stop' | 'limit' = endedBy;
  const lines: number[] = topFunctions.map((one) => one.lineNumber);
  handle.cancel();
  await handle.done;
  const { sampleCount } = await cpuProfile({
    seconds: 1,
    path: new URL('file:///tmp/a.cpuprofile'),
  });
  const heap = startHeapProfile({ interval: 1024, stackDepth: 8, includeCollected: 'major' });
  const { totalBytes } = await heap.stop();
  const { bytes } = await heapProfile({ seconds: 1 });
  console.log(ended, lines, sampleCount, totalBytes, bytes);
}

export async function always(): Promise<number> {
  const profiling = continuous({
    dir: new URL('file:///var/profiles'),
    heap: { interval: 262_144 },
    cpu: { interval: 20_000 },
    push: { url: 'http://localhost:4040', appName: 'shop', labels: { build: 7, canary: true } },
    onError: ({ code, message }) => console.error(code, message),
  });
  const { queued, lastError } = profiling.stats();
  const { pushed } = await profiling.stop();
  return pushed + queued + (lastError?.length ?? 0) + (await profiling.done).dropped;
}

export async function analyses(signal: AbortSignal): Promise<string> {
  const onProgress = ({ phase, percent }: { phase: string; percent: number }) =>
    console.log(phase, percent);
  const report = await analyze<HeapReport>('a.heapsnapshot', { signal, onProgress, top: 5 });
  const [suspect] = report.suspects;
  const id: number = suspect?.object?.id ?? 0;
  const unseen: number | undefined = report.rss?.unseen;
  const { properties, totals } = await inspect('a.heapsnapshot', id, { limit: 3 });
  console.log(
    properties[0]?.edge.kind,
    totals.retainers,
    unseen,
    suspect?.path[0]?.object.location,
  );
  const two = await diff<HeapDiff>('a', 'b');
  const three = await diff<HeapDiff>('a', new URL('file:///b'), 'c', { top: 5 });
  const { bytes } = await signature('a', { out: 'a.json', overwrite: true });
  const { analysis } = await heapSnapshot({ analyze: true });
  const exported = await exportProfile('a.cpuprofile', { format: 'pprof', out: 'a.pb.gz', signal });
  const format: 'pprof' | 'speedscope' | 'folded' | 'chrome' | 'html' = exported.format;
  console.log(format, exported.path, exported.bytes, exported.durationMs);
  console.log(two.growth.totalSize, three.growing[0]?.monotonic, bytes, analysis?.verdict);
  return report.verdict;
}

export async function verdicts(): Promise<string> {
  const report = await analyze('a.cpuprofile', { sourceMaps: false });
  if (report.kind === 'heapSnapshot') return report.suspects[0]?.sentence ?? '';
  const change = await diff('a.cpuprofile', 'b.cpuprofile', { sourceMaps: true });
  if (change.kind === 'heapDiff') return change.verdict;
  const noise: number | null = change.functions[0]?.own.noise ?? null;
  const [finding] = report.findings;
  console.log(finding?.rule, finding?.callers[0]?.name, report.bySelf[0]?.hotLines[0]?.text, noise);
  return report.verdict;
}

export function failure(error: unknown): string {
  if (error instanceof RsprofError) {
    const code: string = error.code;
    return `${code}: ${error.message} ${String(error.cause)}`;
  }
  return text + name + String(same);
}

// @ts-expect-error: an unknown option
heapSnapshot({ compresion: 'gzip' });
// @ts-expect-error: a wrong value
heapSnapshot({ compression: 'brotli' });
// @ts-expect-error: options of files are none of a stream
heapSnapshotStream({ path: 'x' });
// @ts-expect-error: no such rule of rows
analyze('a', { rows: 3 });
// @ts-expect-error: a file to write is needed
exportProfile('a', { format: 'pprof' });
// @ts-expect-error: no such format
exportProfile('a', { format: 'svg', out: 'b' });
// @ts-expect-error: two files at the least
diff('a');
// @ts-expect-error: not a strategy
heapSnapshot({ strategy: 'spoon' });
// @ts-expect-error: neither address nor name
continuous({ push: {} });
// @ts-expect-error: seconds belongs to cpuProfile()
startCpuProfile({ seconds: 1 });

export async function labels(): Promise<void> {
  const sum: number = label({ route: 'GET /' }, (x: number, y: number) => x + y, 1, 2);
  const text: Promise<string> = label({ tenant: 'a' }, async () => 'text');
  console.log(sum, await text);
  const handler = (_request: IncomingMessage, response: ServerResponse) => response.end();
  createServer(labelRequests(handler, { route: (request) => request.url ?? '' }));
  const middleware = labelRequests({ route: (request) => request.url });
  middleware({}, {}, () => {});
  await middleware({}, async () => 'next');
  // @ts-expect-error labels are strings
  label({ route: 7 }, () => {});
  // @ts-expect-error a function is missing
  label({ route: 'x' });
}

import koaProfiler from 'rsprof/koa';

export const closing: Promise<void> = koaProfiler({ token: 'sixteen-at-least' }).close();
