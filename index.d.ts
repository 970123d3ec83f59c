/**
 * rsprof: heap snapshots, CPU profiles and allocation profiles of a live Node.js process, streamed
 * compressed to disk.
 *
 * Importing it starts nothing: no thread, timer or handler. Every capture is of the thread (isolate)
 * that asks for it, so each worker captures itself.
 *
 * Every option may also be set for the whole process where an `RSPROF_*` environment variable is named.
 * The argument wins over the environment, the environment over the default.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** The version of this package. */
export const version: string;

/** What an {@link RsprofError} can carry as its `code`. */
export type RsprofErrorCode =
  /** An unknown option, or one of the wrong type or out of range; the message names it. */
  | 'ERR_RSPROF_INVALID_ARG'
  /** A capture of the same kind (or another one that forks) is running in this thread. */
  | 'ERR_RSPROF_BUSY'
  /** Ended by its signal, `cancel()` or `destroy()`; `cause` is the signal's reason. */
  | 'ERR_RSPROF_ABORTED'
  /** No space left, quota used up, or file size limit reached. */
  | 'ERR_RSPROF_DISK_FULL'
  /** The file system or Node's permission model refuses. */
  | 'ERR_RSPROF_ACCESS'
  /** The file exists and `overwrite` is not set, or it is no regular file. */
  | 'ERR_RSPROF_EXISTS'
  /** `path` names a folder. */
  | 'ERR_RSPROF_IS_DIRECTORY'
  /** The folder of `path` does not exist, or the file that is to be analysed. */
  | 'ERR_RSPROF_NOT_FOUND'
  /** Any other failure of the file system. */
  | 'ERR_RSPROF_IO'
  /** This Node or this backend cannot do what the option asks for. */
  | 'ERR_RSPROF_UNSUPPORTED'
  /** No backend works here; the message says what to grant. */
  | 'ERR_RSPROF_UNAVAILABLE'
  /** The heap snapshot did not pass the checks (counts, edge targets, strings), or is none. */
  | 'ERR_RSPROF_INVALID_SNAPSHOT'
  /** The file is no CPU or allocation profile, or a damaged one; the message says what was expected, and where. */
  | 'ERR_RSPROF_INVALID_PROFILE'
  /** The file is no black box of `watch()`, or its beginning is damaged. */
  | 'ERR_RSPROF_INVALID_BLACKBOX'
  /** No child could be had for a forked snapshot or an analysis, or it was lost, and there is no falling back. */
  | 'ERR_RSPROF_FORK'
  /** Over a budget, or a forecast says that memory or time cannot suffice; the message has the figures. */
  | 'ERR_RSPROF_BUDGET'
  /** The receiver of continuous profiles or of a webhook cannot be reached or refuses, or what waited for it was dropped. */
  | 'ERR_RSPROF_PUSH'
  /** The function of a rule's action `call` failed; `cause` is what it threw. */
  | 'ERR_RSPROF_CALL'
  /** Of {@link profiler}: the token is missing or wrong. */
  | 'ERR_RSPROF_UNAUTHORIZED'
  /** Of {@link profiler}: a page of another origin asked, what acts was not asked for on purpose, or `noDownload`. */
  | 'ERR_RSPROF_FORBIDDEN'
  /** Of {@link profiler}: the path does not take this method. */
  | 'ERR_RSPROF_METHOD'
  /** Of {@link profiler}: a request with a large body. */
  | 'ERR_RSPROF_TOO_LARGE'
  /** Of {@link profiler}: asked too often, or followed by too many. */
  | 'ERR_RSPROF_RATE'
  /** Of {@link profiler}: the client takes no encoding that the file can be sent in. */
  | 'ERR_RSPROF_NOT_ACCEPTABLE'
  /** Of {@link profiler}: the capture has to be analysed (again) first. */
  | 'ERR_RSPROF_NOT_OPEN'
  /** The thread is being torn down. */
  | 'ERR_RSPROF_EXITING'
  /** A defect of rsprof. */
  | 'ERR_RSPROF_INTERNAL';

/** What every failing call throws or rejects with. The message says what failed, on what, what to do. */
export class RsprofError extends Error {
  constructor(code: RsprofErrorCode, message: string, options?: { cause?: unknown });
  name: 'RsprofError';
  readonly code: RsprofErrorCode;
  readonly cause?: unknown;
}

/** Which backend serves this thread. */
export interface BackendInfo {
  /** `native`: the Rust addon. `inspector`: pure JavaScript on `node:v8` and `node:inspector`. */
  name: 'native' | 'inspector';
  /** Why that one. */
  reason: string;
  /** Version of V8. */
  v8: string;
  /** Version of Node. */
  node: string;
}

/**
 * The backend that serves this thread, and why. Decided once, at the first call or capture; the
 * environment variable `RSPROF_BACKEND` (`native`, `inspector`) forces one.
 *
 * @throws {RsprofError} `ERR_RSPROF_UNAVAILABLE` where none works, saying what to grant
 */
export function backend(): BackendInfo;

/** How a file is compressed. `zstd` of the inspector backend needs Node 22.15 or later. */
export type Compression = 'gzip' | 'zstd' | 'none';

/** Options of every capture. */
export interface CaptureOptions {
  /** Effort of the compression: gzip 1 to 9, zstd 1 to 19; without meaning for `none`. Default 1. */
  level?: number;
  /** Ends the capture: it fails with `ERR_RSPROF_ABORTED` and leaves no file. */
  signal?: AbortSignal;
  /** Why it was taken; goes to the sidecar and to `rsprof:capture`. */
  reason?: string;
}

/** Options of every capture that writes a file. */
export interface FileOptions extends CaptureOptions {
  /**
   * The file to write; its folder must exist. Not together with `dir`. By default a name in `dir` that
   * sorts by time and is unique across processes and threads:
   * `<UTC time>-<pid>-<threadId>-<number>.heapsnapshot.gz`.
   */
  path?: string | URL;
  /** The folder to write into; created (0700) when missing. Default: `RSPROF_DIR`, else the working folder. */
  dir?: string | URL;
  /**
   * Default: by the extension of `path` where it has one that says so (`.gz`, `.zst`, or none after
   * `.heapsnapshot`, `.cpuprofile`, `.heapprofile`), else `RSPROF_COMPRESSION`, else `gzip`.
   */
  compression?: Compression;
  /** Replace an existing regular file. Default false: `ERR_RSPROF_EXISTS`, before anything is captured. */
  overwrite?: boolean;
  /** Write `<file>.json` beside the file: what, why, when, what it cost, versions, SHA-256. Default true. */
  sidecar?: boolean;
}

/** What every result says. */
export interface CaptureResult {
  /** Size in bytes, as written (compressed). */
  bytes: number;
  /** Size in bytes before compression. */
  rawBytes: number;
  /** SHA-256 of the bytes as written, in hex. */
  sha256: string;
  /** Milliseconds from the start of the capture to the finished file (waiting in the queue excluded). */
  durationMs: number;
  backend: 'native' | 'inspector';
  compression: Compression;
  pid: number;
  /** 0 for the main thread. */
  threadId: number;
  /** When the capture began, ISO 8601 in UTC. */
  startedAt: string;
}

/** Where the file is. */
export interface FileResult extends CaptureResult {
  /** Absolute path of the file. */
  path: string;
  /** Absolute path of the sidecar, null where none was asked for. */
  sidecar: string | null;
}

/** How far a heap snapshot is. */
export interface SnapshotProgress {
  /** 0 to 100; the last call of a successful capture says 100. */
  percent: number;
  /** Units of work done. */
  done: number;
  /** Units of work in all, as far as known. */
  total: number;
  /** Bytes that V8 has produced, before compression. */
  rawBytes: number;
}

/** How a heap snapshot is taken. `inline`: in this process, on this thread. `auto`: the best there is. */
export type SnapshotStrategy = 'auto' | 'fork' | 'inline';

/** What a forked snapshot may use, and how long one in this process may stop it. */
export interface SnapshotBudget {
  /** Wall-clock seconds of the child. Default 300. */
  seconds?: number;
  /** Bytes of anonymous memory the child may add. Default: no limit. */
  memory?: number;
  /** Seconds a snapshot in this process may stop it, by forecast, after a fork failed. Default 10. */
  pauseSeconds?: number;
}

/** Options of {@link heapSnapshot} and {@link heapSnapshotStream}. */
export interface SnapshotOptions {
  /**
   * Called about ten times a second while the event loop turns, and once at the end of a success. Should
   * it throw (or reject) it is not called again, and a process warning says so.
   */
  onProgress?: (progress: SnapshotProgress) => void;
  /** Keep the values of numbers. Default false. Node 18 with the inspector backend: `ERR_RSPROF_UNSUPPORTED`. */
  numericValues?: boolean;
  /** Show V8's own objects. Default false. Node 18 with the inspector backend: `ERR_RSPROF_UNSUPPORTED`. */
  exposeInternals?: boolean;
  /**
   * `'strings'`: contents of strings become their length and a short keyed hash; names of properties,
   * classes, functions and scripts stay. The key is random, kept in memory only and the same for all
   * snapshots of a thread. Default: `RSPROF_REDACT`, else false.
   */
  redact?: false | 'strings';
  /**
   * `fork`: a forked child builds the graph, this process goes on (Linux, native back end; else
   * `ERR_RSPROF_UNSUPPORTED`). `inline`: V8 stops this process for it. `auto`: `fork` where it can be had.
   * Default: `RSPROF_STRATEGY`, else `auto`. See docs/how-it-works.md.
   */
  strategy?: SnapshotStrategy;
  /**
   * Take the snapshot in this process when no child can be had, if the forecast is within the budget.
   * Default true; false never stops this process: `ERR_RSPROF_FORK` or `ERR_RSPROF_BUDGET`.
   */
  fallback?: boolean;
  /** Of a forked snapshot, and of falling back from one. */
  budget?: SnapshotBudget;
  /**
   * The child keeps its memory in an unlinked file beside the capture instead of in anonymous memory:
   * slower where memory is short, but not killed. `auto`: when the forecast is over what is left. The
   * folder must be on a disk, not in memory. Default `auto`.
   */
  spill?: 'auto' | boolean;
  /** Fork although the forecast says that memory cannot suffice. Default false. */
  force?: boolean;
  /**
   * Objects keep their ids from one forked snapshot to the next: V8 numbers them in this process before
   * the fork, which stops it for a full collection and a walk over the heap. Default false.
   */
  stableIds?: boolean;
  /** Wait while another snapshot of this thread runs, instead of `ERR_RSPROF_BUSY`. Default false. */
  queue?: boolean;
}

/** Options of {@link heapSnapshot}. */
export interface HeapSnapshotOptions extends FileOptions, SnapshotOptions {
  /**
   * Analyse the finished file in a process of its own, at the lowest priority, and wait for the report:
   * `analysis` in the result. It may take `budget.seconds`. Default: `RSPROF_ANALYZE`, else false.
   */
  analyze?: boolean;
}

/** Options of {@link heapSnapshotStream}. */
export interface HeapSnapshotStreamOptions extends CaptureOptions, SnapshotOptions {
  /** Default `none`, whatever the environment says. */
  compression?: Compression;
}

/** Objects of one class. */
export interface ClassFigures {
  name: string;
  /** Number of objects. */
  count: number;
  /** Their own size in bytes, without what they hold. */
  selfSize: number;
}

/** How long the JavaScript thread stood still, in milliseconds. */
export interface SnapshotPauses {
  /** The forks, those that were tried again included; 0 without one. */
  forkMs: number;
  /** V8 collected garbage and built its graph. */
  graphMs: number;
  /** V8's graph became text; 0 where another thread did that. */
  serializeMs: number;
  /** V8's graph was freed. */
  releaseMs: number;
}

/** What a forked child did. */
export interface ForkFigures {
  /** Forks it took. */
  attempts: number;
  /** Why the forks before the last one failed. */
  retries: string[];
  /** Milliseconds of the child: making itself harmless, V8's graph, text and file. */
  childMs: { prepareMs: number; graphMs: number; serializeMs: number };
  /** Bytes of memory that existed because of the child when it was done; absent where unknown. */
  addedBytes?: number;
  /** Most bytes the child had in its spill file; null without one. */
  spilledBytes: number | null;
  /** Whether the kernel confined the child's system calls. */
  confined: boolean;
}

/** What {@link heapSnapshotStream} gives besides the bytes. */
export interface HeapSnapshotFigures extends CaptureResult {
  nodeCount: number;
  edgeCount: number;
  /** The sum of {@link SnapshotPauses}. */
  pauseMs: number;
  pauses: SnapshotPauses;
  /** The strategy that was used. */
  strategy: 'fork' | 'inline';
  /** What the child did; null where there was none. */
  fork: ForkFigures | null;
  /** Why a fork that was tried gave way to a snapshot in this process; null where none did. */
  fallback: { reason: string; retries: string[] } | null;
  /** Whether ids of objects agree with those of other snapshots of this thread. */
  stableIds: boolean;
  /** Who turned V8's graph into text: a thread of rsprof's own, the JavaScript thread, the child. */
  serializedOn: 'thread' | 'main' | 'child';
  redact: false | 'strings';
  /** The 20 classes with the largest self size, largest first. */
  topClasses: ClassFigures[];
}

/** What {@link heapSnapshot} resolves with. */
export interface HeapSnapshotResult extends FileResult, HeapSnapshotFigures {
  /** The report, with `analyze`; null where the analysis failed. The file stays all the same. */
  analysis?: HeapReport | null;
  /** Why there is no report: `ABORTED`, `BUDGET`, `ACCESS` (under `--permission`), `FORK`, and others. */
  analysisError?: RsprofError;
}

/** What {@link heapSnapshot} resolves with when it was asked to analyse. */
export interface AnalyzedHeapSnapshotResult extends HeapSnapshotResult {
  analysis: HeapReport | null;
}

/**
 * Takes a heap snapshot of this thread and writes it to a file that DevTools opens.
 *
 * The JavaScript thread stops while V8 builds its graph (`pauses` in the result); compression and disk
 * are on other threads. The file appears when it is whole: until then it is `*.partial`, mode 0600, and
 * nothing is left of it after a failure.
 *
 * @throws {RsprofError} never synchronously. `BUSY` while another snapshot of this thread runs (unless
 *   `queue`), `EXISTS`, `IS_DIRECTORY`, `NOT_FOUND` and `ACCESS` before the thread stops, `DISK_FULL`,
 *   `ABORTED`, `UNSUPPORTED`, `UNAVAILABLE`, `INVALID_SNAPSHOT` and others of {@link RsprofErrorCode}
 *
 * @example
 * const { path, pauseMs, topClasses } = await heapSnapshot({ dir: '/var/captures' });
 */
export function heapSnapshot(
  options: HeapSnapshotOptions & { analyze: true },
): Promise<AnalyzedHeapSnapshotResult>;
export function heapSnapshot(options?: HeapSnapshotOptions): Promise<HeapSnapshotResult>;

/** A heap snapshot as a stream of bytes. */
export interface HeapSnapshotStream extends Readable {
  /**
   * The figures, once the stream was read to its end. Rejects when the stream fails or is destroyed; that
   * is never an unhandled rejection.
   */
  readonly result: Promise<HeapSnapshotFigures>;
}

/**
 * Takes a heap snapshot of this thread as a Readable. Real back-pressure: what the reader does not take is
 * not produced, but V8's graph stays in memory and other snapshots of the thread are `BUSY` until the
 * stream was read to its end or destroyed. `'close'` comes when nothing of the capture is left.
 *
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`, synchronously; every other failure destroys the stream
 *
 * @example
 * await pipeline(heapSnapshotStream({ compression: 'gzip' }), response);
 */
export function heapSnapshotStream(options?: HeapSnapshotStreamOptions): HeapSnapshotStream;

/** Options of {@link classHistogram}. */
export interface ClassHistogramOptions extends Omit<FileOptions, 'compression' | 'level'> {
  /**
   * What the child may use: `seconds` of wall-clock time (default 300), `memory` in bytes beyond what it
   * inherited (default: no limit).
   */
  budget?: { seconds?: number; memory?: number };
  /** Wait while a snapshot of this thread runs, instead of `ERR_RSPROF_BUSY`. Default false. */
  queue?: boolean;
}

/** Objects of one class. */
export interface ClassCount {
  /** The name of their constructor, cut to 256 bytes; `(other classes)` for those without a row. */
  name: string;
  /** Number of objects. */
  count: number;
}

/** What {@link classHistogram} resolves with. */
export interface ClassHistogramResult extends FileResult {
  compression: 'none';
  /** Objects in all. */
  objectCount: number;
  /** Names of classes. Past 100,000 no new name is counted. */
  classCount: number;
  /** The 50 classes with the most objects, most first. The file has 10,000. */
  classes: ClassCount[];
  /**
   * `query`: V8 was asked for its objects. `snapshot`: the child took a heap snapshot, counted it and kept
   * it nowhere (Node 18 and 20.0, where V8 cannot be asked); that takes the memory of one.
   */
  how: 'query' | 'snapshot';
  /** How long the JavaScript thread stood still, in milliseconds: the forks, and joining what watched the child. */
  pauseMs: number;
  /** What the child did; `childMs.graphMs` is V8's part, `childMs.serializeMs` the file. */
  fork: ForkFigures;
}

/**
 * Counts the objects of this thread by class, in a forked child, and writes the counts to a small file: for
 * when a heap snapshot fits neither the disk nor the memory. This process stops for the fork only.
 *
 * Counted is what is reachable: a full garbage collection (in the child) comes first. Names are those of the
 * constructors, as V8 knows them: functions are `Function`, objects without a prototype `Object`, and the
 * prototype of a class counts for its superclass. Strings, numbers, code and proxies are not counted.
 *
 * The child takes some 1.4 times the heap where all of it is small objects (a heap snapshot: 16 to 18 times), for
 * the set of all that is reachable that V8 makes.
 *
 * The file is one JSON document, a line for each class: `{ format: 'rsprof-classes/1', at, node, rsprof, how,
 * objectCount, classCount, classes: [{ name, count }] }`, named `*.classes.json`.
 *
 * @throws {RsprofError} never synchronously. `UNSUPPORTED` where there is no fork (other systems than Linux, the
 *   inspector back end), `FORK` where the child was lost, `BUDGET` where it took more than it may or, with
 *   `how: 'snapshot'`, has no room; `BUSY`, `EXISTS`, `ACCESS`, `DISK_FULL`, `ABORTED` and others of
 *   {@link RsprofErrorCode}
 *
 * @example
 * const { path, classes } = await classHistogram({ dir: '/var/captures' });
 */
export function classHistogram(options?: ClassHistogramOptions): Promise<ClassHistogramResult>;

/** Options of {@link snapshotOnOutOfMemory}. */
export interface OutOfMemoryOptions extends Omit<FileOptions, 'signal' | 'reason'> {
  /** Keep the values of numbers. Default false. */
  numericValues?: boolean;
  /** Show V8's own objects. Default false. */
  exposeInternals?: boolean;
  /** As for {@link heapSnapshot}. Default: `RSPROF_REDACT`, else false. */
  redact?: false | 'strings';
  /**
   * What the child may use: `seconds` of wall-clock time (default 300), `memory` in bytes beyond what it
   * inherited (default: no limit). A child over its budget is ended; the sidecar says so.
   */
  budget?: { seconds?: number; memory?: number };
  /**
   * Bytes by which V8's heap limit is raised, once, when it is reached: the process goes on, and ends at the
   * raised limit if it does not recover. 0 to 1099511627776, default 0: it ends at once. In a worker
   * Node adds 16 MiB of its own and ends the worker.
   */
  extension?: number;
  /**
   * Seconds the dying process waits for the file, 0 to 3600. Default 0: it ends at once, so that whoever
   * restarts it loses no time. Default 60 where its death would end the child too: as process 1 of a
   * container, under `tini`, `dumb-init`, a shell or `npm` that is process 1, and as the main process
   * of a systemd unit. What is not finished then is lost.
   */
  wait?: number;
}

/** An armed {@link snapshotOnOutOfMemory}. */
export interface OutOfMemoryWatch {
  /** Nothing will happen at the limit from now on. Idempotent. A child that is at work goes on. */
  disarm(): void;
}

/**
 * Writes a heap snapshot of this thread when its heap is full, once. The process forks (some 20 to 100 ms,
 * more where other threads are busy) and then ends as it would have: V8's message, SIGABRT (exit code 134).
 * A child that outlives it writes the heap as it was, in seconds to minutes, at the lowest priority.
 * Linux and the native backend only.
 *
 * The file is as safe as that of {@link heapSnapshot}: `*.partial` until it is whole. Without `path` it is named
 * after the time of death. Its sidecar has `reason: 'out-of-memory'`; where the snapshot failed, the
 * sidecar stands alone and has an `error`.
 *
 * Arming costs a few milliseconds (50 more for each GB of heap that is there already), nothing after that, and
 * keeps no process alive. At death the machine must bear the child: 2 to 15 times the heap.
 *
 * V8 asks only the callback that was added last. Node's `--heapsnapshot-near-heap-limit` and
 * `v8.setHeapSnapshotNearHeapLimit()` use the same one: what is set later wins, so do not combine them. In a
 * worker, Node's own callback comes after this one and ends the worker as ever
 * (`ERR_WORKER_OUT_OF_MEMORY`); there the snapshot is of the worker's heap.
 *
 * @throws {RsprofError} synchronously: `INVALID_ARG`; `BUSY` where it is armed in this thread; `UNSUPPORTED`
 *   where there is no fork; `EXISTS`, `IS_DIRECTORY`, `NOT_FOUND`, `ACCESS`, `IO` for the place of the file
 *
 * @example
 * snapshotOnOutOfMemory({ dir: '/var/captures' });
 */
export function snapshotOnOutOfMemory(options?: OutOfMemoryOptions): OutOfMemoryWatch;

/** Options of every profile. */
export interface ProfileOptions extends FileOptions {
  /**
   * The profile ends by itself after so many seconds, and its file is written. 0.001 to 86400, default 600
   * (behind `seconds` where that is longer).
   */
  maxSeconds?: number;
}

/** A profile that is being recorded. */
export interface ProfileHandle<Result> {
  /**
   * Ends the profile, at once, and writes its file. Idempotent: always the same promise, also after
   * `maxSeconds` or the signal ended it.
   *
   * @throws {RsprofError} rejects with `ABORTED` after `cancel()` or the signal, `EXISTS`, `DISK_FULL`, …
   */
  stop(): Promise<Result>;
  /** Ends the profile without a file; `done` rejects with `ERR_RSPROF_ABORTED`. No effect once it has ended. */
  cancel(): void;
  /** Settles when the profile has ended, whoever ended it. Never an unhandled rejection. */
  readonly done: Promise<Result>;
  /** `await using`: stops, and writes the file. Rejects when that fails, not when it was cancelled. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of {@link startCpuProfile}. */
export interface StartCpuProfileOptions extends ProfileOptions {
  /** Microseconds between two samples, 50 to 1000000. Default 1000. */
  interval?: number;
  /** Samples kept at the most; later ones are dropped (`truncated`). 1 to 50000000, default 1000000. */
  maxSamples?: number;
  /**
   * `eager`: V8 keeps its list of functions from the start. `lazy`: it makes the list when a profile starts,
   * which stops a large app for a while. Default `eager`; the inspector backend knows `lazy` only.
   */
  logging?: 'eager' | 'lazy';
  /** Which line a sample counts for: that of the running statement, or that of the call. Default `leaf`. */
  mode?: 'leaf' | 'caller';
  /** Title of the profile. Default none. */
  title?: string;
}

/** Options of {@link cpuProfile}. */
export interface CpuProfileOptions extends StartCpuProfileOptions {
  /** How long, 0.001 to 86400. Default 10. */
  seconds?: number;
}

/** A function by the time it burnt. */
export interface CpuFunctionFigures {
  /** `(anonymous)` where it has none; V8's own entries, such as `(garbage collector)`, in parentheses too. */
  functionName: string;
  url: string;
  /** From 1; 0 where there is none. */
  lineNumber: number;
  /** Milliseconds spent in the function itself. */
  selfMs: number;
  /** Of the samples that were not idle, 0 to 1. */
  share: number;
}

/** What {@link cpuProfile} resolves with. */
export interface CpuProfileResult extends FileResult {
  nodeCount: number;
  sampleCount: number;
  /** Microseconds between two samples, as asked for. */
  interval: number;
  /** Microseconds on V8's clock. */
  startTime: number;
  /** Microseconds on V8's clock. */
  endTime: number;
  /** Milliseconds that starting stopped the JavaScript thread. */
  startMs: number;
  /** Milliseconds that stopping stopped the JavaScript thread. */
  stopMs: number;
  /** `limit`: `maxSeconds` ended it. */
  endedBy: 'stop' | 'limit';
  /** Samples that were dropped because of `maxSamples`; 0 where none was. */
  truncated: number;
  /** The logging that was used. */
  logging: 'eager' | 'lazy';
  /** The 20 functions with the most time of their own, without `(root)` and `(idle)`. */
  topFunctions: CpuFunctionFigures[];
}

/** A CPU profile that is being recorded. */
export type CpuProfileHandle = ProfileHandle<CpuProfileResult>;

/**
 * Starts a CPU profile of this thread. Several may overlap. Keeps no process alive; a process that exits
 * leaves no file.
 *
 * @throws {RsprofError} synchronously: `INVALID_ARG`, `EXISTS`, `IS_DIRECTORY`, `NOT_FOUND`, `ACCESS`,
 *   `ABORTED` (signal aborted already), `UNSUPPORTED`, `UNAVAILABLE`
 *
 * @example
 * const profile = startCpuProfile();
 * await work();
 * const { path, topFunctions } = await profile.stop();
 */
export function startCpuProfile(options?: StartCpuProfileOptions): CpuProfileHandle;

/**
 * Records a CPU profile of this thread for `seconds` and writes it to a file that DevTools, VS Code and
 * speedscope open.
 *
 * @throws {RsprofError} never synchronously; see {@link startCpuProfile}, and `DISK_FULL`, `ABORTED`
 */
export function cpuProfile(options?: CpuProfileOptions): Promise<CpuProfileResult>;

/** Options of {@link startHeapProfile}. */
export interface StartHeapProfileOptions extends ProfileOptions {
  /** Bytes allocated between two samples, on average. 1 to 1073741824, default 524288. */
  interval?: number;
  /** Frames kept of each stack, 1 to 1024. Default 32. */
  stackDepth?: number;
  /**
   * Keep allocations that were freed again: by major collections only, or by all. Default false: what is
   * alive at the end. Needs Node 20.
   */
  includeCollected?: false | 'major' | 'all';
}

/** Options of {@link heapProfile}. */
export interface HeapProfileOptions extends StartHeapProfileOptions {
  /** How long, 0.001 to 86400. Default 10. */
  seconds?: number;
  /** Wait while another heap profile of this thread runs, instead of `ERR_RSPROF_BUSY`. Default false. */
  queue?: boolean;
}

/** A function by what it allocated. */
export interface HeapFunctionFigures {
  /** `(anonymous)` where it has none; V8's own entries, such as `(garbage collector)`, in parentheses too. */
  functionName: string;
  url: string;
  /** From 1; 0 where there is none. */
  lineNumber: number;
  /** Bytes allocated by the function itself, estimated from the samples. */
  bytes: number;
  /** Of all bytes, 0 to 1. */
  share: number;
}

/** What {@link heapProfile} resolves with. */
export interface HeapProfileResult extends FileResult {
  nodeCount: number;
  /** Bytes allocated, estimated from the samples. */
  totalBytes: number;
  /** Bytes between two samples, as asked for. */
  interval: number;
  /** Frames kept of each stack, as asked for. */
  stackDepth: number;
  includeCollected: false | 'major' | 'all';
  /** Milliseconds that starting stopped the JavaScript thread. */
  startMs: number;
  /** Milliseconds that stopping stopped the JavaScript thread. */
  stopMs: number;
  /** `limit`: `maxSeconds` ended it. */
  endedBy: 'stop' | 'limit';
  /** The 20 functions that allocated most. */
  topFunctions: HeapFunctionFigures[];
}

/** An allocation profile that is being recorded. */
export type HeapProfileHandle = ProfileHandle<HeapProfileResult>;

/**
 * Starts an allocation profile of this thread: one at a time. Keeps no process alive; a process that exits
 * leaves no file.
 *
 * @throws {RsprofError} synchronously: `BUSY`, and as {@link startCpuProfile}
 */
export function startHeapProfile(options?: StartHeapProfileOptions): HeapProfileHandle;

/**
 * Records an allocation profile of this thread for `seconds` and writes it to a file that DevTools and
 * VS Code open.
 *
 * @throws {RsprofError} never synchronously; `BUSY` (unless `queue`), and as {@link cpuProfile}
 */
export function heapProfile(options?: HeapProfileOptions): Promise<HeapProfileResult>;

/** Where {@link continuous} sends its windows: the ingest API of Grafana Pyroscope. */
export interface ContinuousPushOptions {
  /**
   * Address of Pyroscope, such as `http://localhost:4040`; `/ingest` is added. A name and password in it
   * are sent as basic authentication.
   */
  url: string | URL;
  /** What the service is called there: letters, digits and `. _ - /`. */
  appName: string;
  /**
   * Labels of all windows, 24 at most: names of letters, digits, `_` and `.` (which Pyroscope stores as `_`),
   * values without `,`, `}` and control characters, up to 2048 bytes.
   */
  labels?: Record<string, string | number | boolean>;
  /** Sent as `Authorization: Bearer`. Not together with another way to authenticate. */
  token?: string;
  /** Sent as `Authorization: Basic`. Not together with another way to authenticate. */
  basicAuth?: { user: string; password: string };
  /** Sent as `X-Scope-OrgID`. */
  tenantId?: string;
  /** More header fields. */
  headers?: Record<string, string>;
  /** Seconds that one request may take, 0.05 to 300. Default 10. */
  timeout?: number;
  /** Seconds to the first retry, 0.01 to 60; doubles with each, half of it by chance. Default 1. */
  retryDelay?: number;
  /** Seconds between two tries at the most, 0.01 to 3600. Default 60. */
  maxRetryDelay?: number;
  /** Seconds that `stop()` goes on sending what waits, 0 to 300. Default 5. */
  flushTimeout?: number;
  /**
   * Bytes that wait in memory at the most, 65536 and more. Default 16 MiB. With `dir` nothing waits in
   * memory: what waits is in the ring.
   */
  maxQueueBytes?: number;
}

/** Options of {@link continuous}. At least one of `dir` and `push` is needed. */
export interface ContinuousOptions {
  /** Microseconds between two CPU samples, 50 to 1000000. Default 10000. */
  interval?: number;
  /** CPU profiles, or not; `{ interval }` in place of the one above. Default true. */
  cpu?: boolean | { interval?: number };
  /**
   * Allocation profiles, or not, as {@link StartHeapProfileOptions} has them: what was allocated in the window
   * and is alive at its end. While it runs, `heapProfile()` of this thread is `ERR_RSPROF_BUSY`. Default true.
   */
  heap?:
    | boolean
    | {
        /** Bytes allocated between two samples, on average. 1024 to 1073741824, default 524288. */
        interval?: number;
        /** Frames kept of each stack, 1 to 1024. Default 32. */
        stackDepth?: number;
        /** Default false. Needs Node 20. */
        includeCollected?: false | 'major' | 'all';
      };
  /** Seconds of a window, 0.01 to 3600. Default 60. */
  window?: number;
  /**
   * The folder of the ring; created (0700) when missing. Several processes and threads may share it. No
   * default, and `RSPROF_DIR` does not count: without it nothing is kept.
   */
  dir?: string | URL;
  /** Windows that stay in the ring, the newest ones, 1 to 1000000. Default 60. */
  keep?: number;
  /** Bytes of the ring at the most, less windows stay then; the newest always does. Default 256 MiB. */
  maxBytes?: number;
  /** Bytes that must be free on the disk; while they are not, windows are dropped. Default 64 MiB. */
  minFreeBytes?: number;
  /** Send each window to Pyroscope. */
  push?: ContinuousPushOptions;
  /**
   * Called with each failure: a window that could not be written, was refused or dropped, and the first of an
   * outage. Without it the first of each code is a process warning.
   */
  onError?: (error: RsprofError) => void;
  /** Ends it at once: the running window and what waits in memory are dropped, `done` resolves. */
  signal?: AbortSignal;
}

/** What {@link Continuous.stats} says. A profile is one kind (CPU, allocations) of one window. */
export interface ContinuousStats {
  running: boolean;
  /** When it was started, as ISO 8601. */
  startedAt: string;
  /** Milliseconds since then. */
  durationMs: number;
  /** Windows that have ended. */
  windows: number;
  /** Turns left out because two windows were still being written: the running one became longer instead. */
  extended: number;
  /** Profiles that could not be started, written or converted. */
  failed: number;
  /** Profiles put into the ring, and their bytes. */
  written: number;
  writtenBytes: number;
  /** Profiles the receiver has taken, and their bytes. */
  pushed: number;
  pushedBytes: number;
  /** Tries that failed and were followed by another one. */
  retries: number;
  /** Profiles the receiver refused for good. */
  rejected: number;
  /** Profiles dropped unsent, oldest first, since the limits allow no more. */
  dropped: number;
  /** Profiles that wait to be sent, and their bytes. */
  queued: number;
  queuedBytes: number;
  /** The message of the last failure, and when it was, as ISO 8601; null where there was none. */
  lastError: string | null;
  lastErrorAt: string | null;
}

/** Continuous profiling that runs. */
export interface Continuous {
  /** What happened so far, with what was sent and lost. Free of secrets. */
  stats(): ContinuousStats;
  /**
   * Ends it: writes the window so far and goes on sending for `push.flushTimeout` seconds. Resolves with the
   * last `stats()`, never rejects. Idempotent: always the same promise.
   */
  stop(): Promise<ContinuousStats>;
  /** Resolves when it has ended, whoever ended it. Never rejects. */
  readonly done: Promise<ContinuousStats>;
  /** `await using`: the same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Profiles this thread for as long as it runs: one window of CPU and allocation profiles after the other,
 * without a gap, as pprof, into a ring of files and to Grafana Pyroscope. See docs/continuous.md.
 *
 * What the receiver does not take is tried again, so a window may arrive twice but none is lost in an outage
 * that the queue outlasts; the order stays. It keeps no process alive; what is not stopped when the process
 * ends loses its last window.
 *
 * One at a time in a thread. Needs the native addon for pprof, whatever the back end.
 *
 * @throws {RsprofError} synchronously: `INVALID_ARG`, `BUSY` (one runs already, or a heap profile),
 *   `UNSUPPORTED` (no addon), `ACCESS`, `NOT_FOUND`, `IO` (of `dir`), `ABORTED`, `UNAVAILABLE`. Never later:
 *   then `onError` is told
 *
 * @example
 * const profiling = continuous({
 *   dir: '/var/lib/app/profiles',
 *   push: { url: 'http://pyroscope:4040', appName: 'shop.api', labels: { region: 'eu' } },
 * });
 * process.once('SIGTERM', async () => {
 *   await profiling.stop();
 *   process.exit();
 * });
 */
export function continuous(options: ContinuousOptions): Continuous;
/** A kind of garbage collection, by V8's names; `other` for one that this version of rsprof does not know. */
export type GcKind =
  /** Of the young generation. */
  | 'scavenge'
  /** Of the young generation, with `--minor-ms`. */
  | 'minorMarkSweep'
  /** A full collection; only its pause counts, not the marking and sweeping beside JavaScript. */
  | 'markSweepCompact'
  /** Steps of a full collection that stop JavaScript before its pause. */
  | 'incrementalMarking'
  | 'weakCallbacks'
  | 'other';

/** Options of {@link startGcProfile}. */
export interface StartGcProfileOptions {
  /** Ends it with `ERR_RSPROF_ABORTED`. */
  signal?: AbortSignal;
  /** Why it was taken; goes to `rsprof:capture`. */
  reason?: string;
  /**
   * The profile ends by itself after so many seconds. 0.001 to 86400, default 600 (behind `seconds` where that
   * is longer).
   */
  maxSeconds?: number;
}

/** Options of {@link gcProfile}. */
export interface GcProfileOptions extends StartGcProfileOptions {
  /** How long, 0.001 to 86400. Default 10. */
  seconds?: number;
}

/** The collections of one kind. */
export interface GcCollectionFigures {
  kind: GcKind;
  count: number;
  /** Milliseconds that they stopped the JavaScript thread, in all. */
  totalMs: number;
  meanMs: number;
  maxMs: number;
  /** Percentiles of the pauses, to two significant digits. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** `totalMs` of the whole profile, 0 to 1. */
  share: number;
  /** Bytes less in the heap right after them than right before. */
  freedBytes: number;
  /**
   * Of the time they took, from the first half of the profile to the last: half as much again counts.
   * `unknown` where there were fewer than ten.
   */
  trend: 'rising' | 'falling' | 'steady' | 'unknown';
}

/** A space of V8's heap, at the start of the profile (`before`) and at its end (`after`). Bytes. */
export interface GcSpaceFigures {
  /** `new_space`, `old_space`, `large_object_space`, … */
  name: string;
  /** In use. */
  beforeBytes: number;
  /** In use. */
  afterBytes: number;
  growthBytes: number;
  /** The most that was in use when a collection began, or at the ends. */
  peakBytes: number;
  /** Reserved, at the end. */
  sizeBytes: number;
  /** Free to be used without a collection, at the end. */
  availableBytes: number;
}

/** What to do about the collections. */
export interface GcAdvice {
  /** Why: docs/gc.md has the thresholds. */
  rule: 'leak' | 'old-space' | 'semi-space' | 'external' | 'forced' | 'long-pause' | 'allocation';
  /** With its figures, in plain words. */
  text: string;
  /** What to start node with, such as `--max-semi-space-size=64`; null where no flag helps. */
  flag: string | null;
  /** The figures of the text. */
  figures: Record<string, number | string>;
}

/** What {@link gcProfile} resolves with. Plain data: `JSON.stringify` keeps all of it. */
export interface GcProfileResult {
  kind: 'gcProfile';
  /** When the profile began, ISO 8601 in UTC. */
  startedAt: string;
  /** One to three sentences: the most urgent advice, or `No trouble: …`. */
  verdict: string;
  /** The most urgent first; empty for a healthy process. */
  advice: GcAdvice[];
  durationMs: number;
  /** Collections in all. */
  count: number;
  /** Milliseconds that they stopped the JavaScript thread. */
  pauseMs: number;
  /** `pauseMs` of `durationMs`, 0 to 1. */
  share: number;
  /** By the time they took. */
  collections: GcCollectionFigures[];
  /** The longest pause, and what was in the heap after it; `kind` is null where there was none. */
  longest: { kind: GcKind | null; ms: number; liveBytes: number };
  /** Full collections that the program asked for (`gc()`). */
  forced: { count: number; ms: number };
  /** Full collections that V8 began because of memory outside of the heap (Buffers). */
  externallyDriven: { count: number; ms: number };
  spaces: GcSpaceFigures[];
  /** Bytes. */
  heap: {
    /** Of both generations. */
    limitBytes: number;
    /** Of the old generation. */
    oldLimitBytes: number;
    beforeBytes: number;
    afterBytes: number;
    /** Outside of the heap, known to V8. */
    externalBeforeBytes: number;
    externalAfterBytes: number;
    externalPeakBytes: number;
    oldGrowthBytes: number;
    /** The old generation after full collections; null where there were none. */
    floor: {
      firstBytes: number | null;
      lastBytes: number | null;
      /** Steps of the timeline that had one. */
      points: number;
      /** Least squares; null with fewer than five points. */
      slopeBytesPerMinute: number | null;
      /** How well the line fits, 0 to 1. */
      fit: number | null;
      /** The slope of the last half alone. */
      lateSlopeBytesPerMinute: number | null;
    };
  };
  young: {
    /** The most that one semi-space could hold; V8 lets it grow as objects survive. */
    semiSpaceBytes: number;
    /** What it may grow to; null where that cannot be told. */
    semiSpaceLimitBytes: number | null;
    /** How full it was when scavenges began, 0 to 1. */
    fill: number;
    /** What of the young generation survived a scavenge, 0 to 1. */
    survivalRate: number;
    /** Survivors that stayed young. */
    copiedBytes: number;
    /** Survivors that were moved to the old generation. */
    promotedBytes: number;
  };
  /** Bytes a second; what was freed between two collections hides a part. */
  allocationRate: number;
  /** Bytes a second that scavenges moved to the old generation. */
  promotionRate: number;
  /** At most 120 steps; the longer the profile, the longer they are. */
  timeline: {
    stepMs: number;
    steps: {
      /** Since the start. */
      atMs: number;
      count: number;
      pauseMs: number;
      /** The most that was in the heap when a collection began; 0 where there was none. */
      peakBytes: number;
      /** The old generation after a full collection. */
      floorBytes: number | null;
    }[];
  };
  /** What the thread may use. */
  surroundings: {
    /** Of the machine, or of the container where that is less. */
    memoryBytes: number;
    rssBytes: number;
    isMainThread: boolean;
    /** V8's flags on the command line and in NODE_OPTIONS, in MiB; null where they are not set. */
    flags: {
      maxSemiSpaceSize: number | null;
      minSemiSpaceSize: number | null;
      maxOldSpaceSize: number | null;
    };
  };
  /** Version of Node. */
  node: string;
  pid: number;
  /** 0 for the main thread. */
  threadId: number;
  /** `limit`: `maxSeconds` ended it. */
  endedBy: 'stop' | 'limit';
}

/** A garbage collection profile that is being recorded. */
export type GcProfileHandle = ProfileHandle<GcProfileResult>;

/**
 * Starts to record the garbage collections of this thread. Several may overlap. Keeps no process alive, writes
 * no file. Memory does not grow with the number of collections, while the event loop turns.
 *
 * @throws {RsprofError} synchronously: `INVALID_ARG`, `ABORTED` (signal aborted already), `UNSUPPORTED` (before
 *   Node 18.15)
 *
 * @example
 * const profile = startGcProfile();
 * await work();
 * const { verdict, advice } = await profile.stop();
 */
export function startGcProfile(options?: StartGcProfileOptions): GcProfileHandle;

/**
 * Records the garbage collections of this thread for `seconds`, and says whether they are any trouble and what
 * to do about it.
 *
 * @throws {RsprofError} never synchronously; see {@link startGcProfile}, and `ABORTED`
 *
 * @example
 * const { verdict, advice } = await gcProfile({ seconds: 60 });
 * console.log(verdict, advice[0]?.flag); // "988 scavenges took 47.8 s of 180.0 s …", "--max-semi-space-size=64"
 */
export function gcProfile(options?: GcProfileOptions): Promise<GcProfileResult>;

/** What a process is told by: see docs/watch.md for each reading and its unit. `null`: not known. */
export type Readings = Record<string, number | null>;

/** Durations: a number of seconds, or a text such as `'30s'`, `'1h'`. */
export type Duration = number | string;

/** Sizes: a number of bytes, or a text such as `'512MB'`; of a disk also a share of it, `'10%'`. */
export type Size = number | string;

/** How often a rule may fire. */
export interface RuleLimits {
  /** Time between two firings. Default `'1h'`. */
  cooldown?: Duration;
  /** Firings within `per`, 1 to 50. Default 3. */
  count?: number;
  /** The sliding window of `count`. Default `'24h'`. */
  per?: Duration;
}

/** What all rules together may use. All processes that write into `dir` share the counts. */
export interface WatchLimits extends RuleLimits {
  /** Firings of all rules within `totalPer`, 1 to 100. Default 10. */
  total?: number;
  /** Default `'24h'`. */
  totalPer?: Duration;
  /** Captures of rules that are kept in `dir`; older ones are removed. Default 10. */
  keep?: number;
  /** Bytes of all captures in `dir`. Default `'2GB'`. */
  quota?: Size;
  /** What must stay free on the disk. Default: a gigabyte or 5 % of the disk, whichever is less. */
  minFreeDisk?: Size;
  /** What a snapshot may add to the memory in use. Default: what is available. */
  memory?: Size;
  /** How long a capture may stop the process, by forecast. Default `'10s'`. */
  pause?: Duration;
  /** Nothing fires so soon after the start. Default `'30s'`. */
  grace?: Duration;
}

/** What every action takes. */
interface RuleActionBase {
  /** Name of its output. Default: its type; `type-2` for the second one. */
  id?: string;
  /** Seconds after which it is ended. */
  timeout?: number;
  /** Whether the actions after it still run when it fails. Default `'continue'`. */
  onFailure?: 'continue' | 'stop';
}

/** What rules decide by themselves. */
type OfRules = 'path' | 'dir' | 'overwrite' | 'signal' | 'reason' | 'onProgress' | 'analyze';

/** What actions gave, by their ids: results of captures, reports, answers. */
// biome-ignore lint/suspicious/noExplicitAny: each action has its own
export type RuleOutputs = Record<string, any>;

/** What a function of a rule gets. */
export interface RuleContext {
  rule: { name: string; when: string };
  /** Why it fired, with the figures. */
  reason: string;
  /** ISO 8601. */
  firedAt: string;
  readings: Readings;
  dir: string;
  /** What the actions before gave, by their ids. */
  outputs: RuleOutputs;
  /** Files made so far, absolute. */
  files: string[];
  errors: { action: { type: string; id: string }; error: Error }[];
  /** Aborts with the watcher, or after `timeout`. */
  signal: AbortSignal;
}

/** A function of the program; what it gives is its output. */
export type RuleFunction = (context: RuleContext) => unknown;

/** What a rule does. A text is the type of an action without settings. */
export type RuleAction =
  | 'heapSnapshot'
  | 'cpuProfile'
  | 'heapProfile'
  | 'report'
  | 'analyze'
  | 'diff'
  | RuleFunction
  | (RuleActionBase &
      (
        | ({
            type: 'heapSnapshot' /** Seconds of the allocation profile where no snapshot fits. Default 5. */;
            insteadSeconds?: number;
          } & Omit<HeapSnapshotOptions, OfRules>)
        | ({ type: 'cpuProfile' } & Omit<CpuProfileOptions, OfRules>)
        | ({ type: 'heapProfile' } & Omit<HeapProfileOptions, OfRules>)
        | { type: 'report'; name?: string; network?: boolean }
        | { type: 'analyze'; of?: string }
        | { type: 'diff'; of?: string; with?: string | URL }
        | {
            type: 'webhook';
            url: string | URL;
            headers?: Record<string, string>;
            token?: string;
            format?: 'json' | 'slack' | 'dingtalk' | 'text';
            text?: string;
            body?: unknown;
            answerTimeout?: number;
            retries?: number;
            retryDelay?: number;
          }
        | { type: 'call'; fn: RuleFunction }
      ));

/** A condition: a text in the language of docs/watch.md, or several of them together. */
export type RuleCondition =
  | string
  | { all: RuleCondition[] }
  | { any: RuleCondition[] }
  | { not: RuleCondition };

/** A rule: when, what, how often. */
export interface Rule {
  /** Letters, digits, `_`, `.` and `-`. Default: made of the condition. */
  name?: string;
  /** Such as `'heapUsed > 80% of heapLimit for 30s'`. */
  when: RuleCondition;
  /** One after the other. */
  actions: RuleAction | RuleAction[];
  limits?: RuleLimits;
  /** Default `true`. */
  enabled?: boolean;
}

/** A pino-shaped logger. */
export interface WatchLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Options of {@link watch}. */
export interface WatchOptions {
  /**
   * Folder of the captures, of the ledger that the limits are counted in, and of the black box. Default
   * `RSPROF_DIR`, else `rsprof-captures` in the working directory; made where it is missing.
   */
  dir?: string | URL;
  /** Default: heap, memory, leak, out of memory, stuck loop, slow loop, CPU; see docs/watch.md. */
  rules?: Rule[];
  limits?: WatchLimits;
  /** Seconds between two readings, 0.05 to 60. Default 1. */
  interval?: number;
  /** Keep the history in a small file that survives the process. Default `true`. */
  blackbox?: boolean;
  /** Count the requests of this thread's HTTP servers. Default `true`. */
  requests?: boolean;
  /** Only tell what would be done. Default `RSPROF_DRY_RUN`, else `false`. */
  dryRun?: boolean;
  /** Who hears of what happens, beside the events. Default `'stderr'`: a line each. */
  logger?: 'stderr' | false | WatchLogger;
  /** Stops the watcher. */
  signal?: AbortSignal;
}

/** What all events of a rule have. */
export interface RuleEvent {
  rule: string;
  reason: string;
  /** When it fired, ISO 8601. */
  at: string;
  dryRun: boolean;
}

/** The loop has turned again, after it had been stuck. */
export interface StuckEpisode {
  startedAt: string;
  endedAt: string | null;
  stuckMs: number;
  /** Of the CPU profile; null where there is none: `skipped` or `error` says why. */
  path: string | null;
  sidecar: string | null;
  verdict: string | null;
  function: string | null;
  url: string | null;
  line: number | null;
  error: { code: string; message: string } | null;
  skipped: string | null;
}

/** Events of a {@link Watcher}, also on the channel `rsprof:watch` as `{ event, ...message }`. */
export interface WatcherEvents {
  start: [{ rules: string[] }];
  /** A rule fires. */
  fire: [RuleEvent & { readings: Readings }];
  /** A rule would have fired; `limit` did not let it, before `until`. */
  skip: [RuleEvent & { limit: string; why: string; until: string }];
  action: [
    RuleEvent & {
      phase: 'start' | 'end' | 'error';
      action: { type: string; id: string };
      output?: unknown;
      error?: Error;
    },
  ];
  /** All actions are over. */
  done: [
    RuleEvent & {
      outputs: RuleOutputs;
      files: string[];
      errors: { action: { type: string; id: string }; error: Error }[];
      /** What the last analysis says, in words. */
      verdict: string | null;
      durationMs: number;
    },
  ];
  stuck: [StuckEpisode];
  /** An earlier process that wrote into `dir` did not end by itself. */
  crash: [
    { path: string; pid: number; host: string; lastSeenAt: string; kind: string; verdict: string },
  ];
  /** Something did not work; the program is not concerned. */
  failure: [{ error: RsprofError; rule?: string }];
  stop: [Record<string, never>];
}

/** What limits did; in a dry run there is none of it. */
export interface LimitsStats {
  admitted?: number;
  failed?: number;
  /** By the limit that did not let it. */
  skipped?: Record<string, number>;
  /** Evaluations of each rule for which nothing needed to be asked. */
  held?: Record<string, number>;
  /** The last skip of each rule; times in ms since the epoch. */
  last?: Record<string, { limit: string; reason: string; until: number; at: number }>;
  /** The newest troubles with folder and ledger. */
  problems?: { at: number; text: string }[];
  /** What had to make room. */
  removed?: { files: number; bytes: number };
}

/** How a {@link Watcher} is. */
export interface WatcherStatus {
  running: boolean;
  dryRun: boolean;
  dir: string;
  startedAt: string;
  /** Path of the black box, or null. */
  blackbox: string | null;
  rules: {
    name: string;
    when: string;
    /** Whether the condition held at the last reading. */
    matches: boolean;
    isFiring: boolean;
    /** How often the limits let it fire in this process. */
    fired: number;
    lastFiredAt: string | null;
  }[];
  leak: { heap: LeakVerdict | null; external: LeakVerdict | null };
  /** What the limits let through and what not. */
  limits: LimitsStats;
}

/** What the trend of the heap after full collections says. */
export interface LeakVerdict {
  leaking: boolean;
  /** 0 to 1. */
  confidence: number;
  bytesPerHour: number;
  lowBytesPerHour: number;
  highBytesPerHour: number;
  /** Until the limit, at this rate; Infinity where it does not grow. */
  msToLimit: number;
  /** 0 to 1: the share of the ups and downs that the load explains. */
  byLoad: number;
  points: number;
  spanMs: number;
  text: string;
}

/** A running watcher. Keeps no process alive. */
export interface Watcher {
  on<Event extends keyof WatcherEvents>(
    event: Event,
    listener: (...args: WatcherEvents[Event]) => void,
  ): this;
  once<Event extends keyof WatcherEvents>(
    event: Event,
    listener: (...args: WatcherEvents[Event]) => void,
  ): this;
  off<Event extends keyof WatcherEvents>(
    event: Event,
    listener: (...args: WatcherEvents[Event]) => void,
  ): this;
  /** The newest reading. */
  readings(): Readings;
  status(): WatcherStatus;
  /** Stops it; what runs is ended, nothing half-written stays. Never rejects. Idempotent. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Watches this thread and its process, and captures by itself when a rule says so.
 *
 * Captures are those of {@link heapSnapshot} and the profiles, in `dir`; how many there may be, how large, and
 * how many at once (one, on the whole host) is limited. Costs well under 0.5 % of a core. One watcher a
 * thread. On the inspector back end stuck loops and out-of-memory are not noticed: `failure` says so.
 *
 * @throws {RsprofError} synchronously: `ERR_RSPROF_INVALID_ARG` naming the field, `ERR_RSPROF_BUSY`,
 *   `ERR_RSPROF_ACCESS` and others where `dir` cannot be used
 */
export function watch(options?: WatchOptions): Watcher;

/** Options of {@link dryRun}. */
export interface DryRunOptions {
  /** A black box, or a folder of them: its newest. */
  history: string | URL;
  rules?: Rule[];
  /** Of these, those that are about time. */
  limits?: WatchLimits;
}

/** When rules would have fired. */
export interface DryRunResult {
  /** The recorded time, ISO 8601. */
  from: string | null;
  to: string | null;
  /** Readings looked at. */
  samples: number;
  firings: { rule: string; at: string; reason: string }[];
  /** Would have fired, had the limits let it; each run of them once, with how many. */
  skipped: { rule: string; at: string; reason: string; limit: 'cooldown' | 'count' | 'total' }[];
}

/**
 * Says when rules would have fired over the history in a black box. Nothing is captured.
 *
 * @throws {RsprofError} `ERR_RSPROF_INVALID_ARG`, `ERR_RSPROF_INVALID_BLACKBOX`, `ERR_RSPROF_NOT_FOUND`
 */
export function dryRun(options: DryRunOptions): Promise<DryRunResult>;

/** What a request of {@link profiler} is about to do, for `authorize`. */
export interface ProfilerRequest {
  /** The pattern of the route below the mount, such as `/captures/:id/file`; null for a path that does not exist. */
  route: string | null;
  /** It starts, ends or removes something. */
  acts: boolean;
  /** It gives a file away. */
  downloads: boolean;
}

/** Options of {@link profiler}. */
export interface ProfilerOptions {
  /**
   * The path of the route, such as `/profiler`, where the host does not cut it off: on plain `node:http`. Default `''`,
   * which is right below `app.use('/profiler', …)`.
   */
  prefix?: string;
  /**
   * Folder of the captures. Default: that of the watcher ({@link watch}) of this thread at the first request, else
   * `RSPROF_DIR`, else `rsprof-captures`. It is made by the first capture.
   */
  dir?: string | URL;
  /**
   * Who has it may: as `Authorization: Bearer TOKEN`, or as the password of Basic with any user name, which is what a
   * browser asks for. 16 to 1024 printable characters. Default `RSPROF_PROFILER_TOKEN`.
   */
  token?: string;
  /**
   * Who it answers `true` for may; with `token` both must agree. Whatever else it answers, throws, or does not answer
   * within 10 seconds, is a 404. It must not send an answer of its own.
   */
  authorize?: (request: IncomingMessage, context: ProfilerRequest) => boolean | Promise<boolean>;
  /** Anybody may who can reach the port: only where something else keeps strangers out. Default `false`. */
  unsafe?: boolean;
  /** More names, without port, that the route is reached by: beside `localhost` and loopback addresses. */
  hosts?: string[];
  /** Files stay where they are: no download, no export. What is in them is still shown. Default `false`. */
  noDownload?: boolean;
  /**
   * `GET /cpu-profile?seconds=`, `/heap-profile?seconds=` and `/heap-snapshot` answer with the file when it is done, and
   * Go's `/profile`, `/heap` and `/allocs` (also below `/debug/pprof`) in pprof format. They act, and so need the
   * header `X-Rsprof: 1` or a Bearer token. Default `false`.
   */
  simple?: boolean;
  /** Longest recording, in seconds, 0.001 to 86400. Default 300. */
  maxSeconds?: number;
  /** As of {@link watch}: quota, room on the disk, memory and pause; captures keep to the same ones as its rules. */
  limits?: WatchLimits;
  /** How often something may happen. */
  rate?: {
    /** Captures an hour. Default 30. */
    captures?: number;
    /** Analyses and comparisons an hour. Default 120. */
    analyses?: number;
    /** Wrong tokens a minute of one peer; more are answered with 429. Default 20. */
    failures?: number;
  };
  /** Who hears of requests that act, download or are refused. Default `false`. */
  logger?: 'stderr' | false | WatchLogger;
}

/** What {@link profiler} returns: a middleware of Express 4 and 5, and a listener of `node:http`. */
export interface ProfilerMiddleware {
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void;
  /**
   * Cancels what runs and ends streams of events; later requests are answered with 503. Never rejects.
   */
  close(): Promise<void>;
}

/** A message of the channel `rsprof:access` of `node:diagnostics_channel`: one for each request of {@link profiler}. */
export interface ProfilerAccess {
  /** When it came. ISO 8601. */
  time: string;
  method: string;
  /** The pattern, such as `/captures/:id`, never the path of the client; null where none matched. */
  route: string | null;
  /** Null where the client went before the answer. */
  status: number | null;
  /** Address of the other end of the connection. */
  peer: string | null;
  /** How it got in; null where it did not. */
  access: 'loopback' | 'token' | 'authorize' | 'unsafe' | null;
  /** Why it was refused: `peer`, `proxy`, `host`, `headers`, `token`, `attempts`, `authorize`, `origin`, `header`, `download`. */
  refusal: string | null;
  /** `capture`, `analysis`, `comparison`, `cancel`, `stop`, `remove`, `download`, `export`; else null. */
  action: string | null;
  /** Id of the capture it was about. */
  capture: string | null;
  /** Bytes sent, with the head; null where that is not known. */
  bytes: number | null;
  durationMs: number;
}

/**
 * The `/profiler` route: a page with live charts, captures at a click, and what is in them; see docs/profiler.md for its
 * paths. `rsprof/koa`, `rsprof/fastify` and `rsprof/egg` are the same for those.
 *
 * Without `token`, `authorize` or `unsafe` only this machine is answered, and not through a proxy; everybody else gets
 * 404. It shows and captures the thread (isolate) that it runs in.
 *
 * Mounting it starts nothing; what it needs begins with the first request that may.
 *
 * @throws {RsprofError} `INVALID_ARG`. Never later: errors are answers.
 *
 * @example
 * app.use('/profiler', profiler({ token: process.env.PROFILER_TOKEN }));
 *
 * @example
 * http.createServer(profiler({ prefix: '/profiler' })).listen(9229, '127.0.0.1');
 */
export function profiler(options?: ProfilerOptions): ProfilerMiddleware;

/** Labels of CPU samples, such as `{ route: 'GET /search', tenant: 'a' }`. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Runs `fn` under labels and answers what it answers: CPU profiles that run meanwhile attribute their samples
 * to them, also those of what goes on from `fn` asynchronously (promises, timers, callbacks). Inside of another
 * `label()` the outer labels stay, equal names are replaced. See docs/label.md.
 *
 * At most 16 labels; names and values are cut at 256 characters. The 1000 first different sets are told
 * apart, of later ones each value is `(other)`.
 *
 * Costs an `AsyncLocalStorage.run()`, with the native back end and while a profile runs two more calls of about
 * 0.6 microseconds in all. With the inspector back end profiles have no labels.
 *
 * @throws {RsprofError} `INVALID_ARG`, and whatever `fn` throws
 */
export function label<Args extends unknown[], Result>(
  labels: Labels,
  fn: (...args: Args) => Result,
  ...args: Args
): Result;

/** Options of {@link labelRequests}. */
// biome-ignore lint/suspicious/noExplicitAny: the types of each framework's requests
export interface LabelRequestsOptions<Request = any> {
  /**
   * The label `route` of a request, or of Koa's context. Default: the method, and what the framework's router
   * found or the path without query, with `:id` for numbers, UUIDs and long hexadecimal. Should it throw or
   * answer no string the request has no label, and a process warning says so once.
   */
  route?: (request: Request) => string;
}

/** Middleware of Express, Connect and Fastify (a hook with `done`), and of Koa. */
export interface LabelMiddleware {
  // biome-ignore lint/suspicious/noExplicitAny: the types of each framework's requests
  (request: any, response: any, next: (error?: any) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  (context: any, next: () => Promise<any>): Promise<any>;
}

/**
 * Middleware that runs what comes after it under the label `route` of the request. At most 500 different routes
 * are told apart, later ones are `(other)`.
 *
 * @throws {RsprofError} `INVALID_ARG`
 */
export function labelRequests(options?: LabelRequestsOptions): LabelMiddleware;

/**
 * Wraps a handler of requests: `http.createServer(labelRequests(handler))`.
 *
 * @throws {RsprofError} `INVALID_ARG`
 */
export function labelRequests<Request, Rest extends unknown[], Result>(
  handler: (request: Request, ...rest: Rest) => Result,
  options?: LabelRequestsOptions<Request>,
): (request: Request, ...rest: Rest) => Result;

/** How far an analysis is. */
export interface AnalysisProgress {
  /** What it is at, in words. */
  phase: string;
  /** 0 to 100, never less than before; the last call of a success says 100. */
  percent: number;
}

/** Options of everything that reads captures. */
export interface AnalysisOptions {
  /** Ends it with `ERR_RSPROF_ABORTED`. */
  signal?: AbortSignal;
  /**
   * Called while the event loop turns, and once at the end of a success. Should it throw (or reject) it is not
   * called again, and a process warning says so.
   */
  onProgress?: (progress: AnalysisProgress) => void;
}

/** Options of {@link analyze}. */
export interface AnalyzeOptions extends AnalysisOptions {
  /** Rows of each list of the report, 1 to 1000. Default 20. */
  top?: number;
  /**
   * Profiles only: places in the sources instead of those in compiled scripts, where their source maps are on
   * this machine. Default true.
   */
  sourceMaps?: boolean;
}

/** Where a function was defined, or an object was made. Line and column count from 1. */
export interface SourceLocation {
  /** The script, null where the snapshot does not name it. */
  file: string | null;
  line: number;
  column: number;
}

/** What V8 takes an object for. */
export type HeapObjectKind =
  | 'object'
  | 'closure'
  | 'string'
  | 'array'
  | 'code'
  | 'native'
  | 'hidden'
  | 'regexp'
  | 'number'
  | 'symbol'
  | 'bigint'
  | 'synthetic'
  | 'object shape'
  | 'concatenated string'
  | 'sliced string'
  | 'wasm object'
  | 'unknown';

/** One object of a heap snapshot. Names are data of the process: escape them where you show them. */
export interface HeapObjectRef {
  /** V8's id, shown as `@id`; the same as in Chrome DevTools. */
  id: number;
  /** The class of an object, `name()` of a function, the first 100 characters of a string in quotes. */
  name: string;
  kind: HeapObjectKind;
  /** Shallow size in bytes: its own, with its backing store, as DevTools counts. */
  selfSize: number;
  /** Bytes that would be freed with it: its own and those that only it holds. */
  retainedSize: number;
  /** `retainedSize` of the whole heap, 0 to 1. */
  share: number;
  location: SourceLocation | null;
}

/** A reference, and the object it leads to. Of a retainer: the object it comes from. */
export interface PathStep {
  edge: {
    /** `context`: a variable that a closure keeps. `internal` and `hidden`: of V8. */
    kind: 'property' | 'element' | 'context' | 'internal' | 'hidden' | 'shortcut' | 'weak';
    name: string;
  };
  object: HeapObjectRef;
}

/** The objects of one class. */
export interface HeapClassRow {
  name: string;
  /** Number of objects. */
  count: number;
  /** Their shallow sizes, in bytes. */
  selfSize: number;
  /** Bytes that would be freed with all of them. */
  retainedSize: number;
  /** `retainedSize` of the whole heap, 0 to 1. */
  share: number;
}

/** What a suspect was found by: an unusual part of the heap, or a leak that Node programs are known for. */
export type SuspectRule =
  | 'object'
  | 'group'
  | 'growing-array'
  | 'growing-map'
  | 'closure-context'
  | 'listeners'
  | 'module-children'
  | 'timers'
  | 'sockets'
  | 'promises'
  | 'async-local-storage'
  | 'detached-context'
  | 'external-memory'
  | 'duplicate-strings';

/** Something that holds an unusual part of the heap. */
export interface Suspect {
  rule: SuspectRule;
  /** Who holds how much, in one sentence. */
  sentence: string;
  /** What happens, in plain words; null where no rule explains it. */
  explanation: string | null;
  /** What to do about it, or how to look on. */
  advice: string;
  /** Bytes. */
  retainedSize: number;
  /** Of the whole heap, 0 to 1. */
  share: number;
  /** Number of objects that are accumulated. */
  count: number;
  /** The suspect itself; null for a group of objects. */
  object: HeapObjectRef | null;
  /** The class that is accumulated. */
  className: string | null;
  /** The object below which the memory fans out. */
  accumulationPoint: HeapObjectRef | null;
  /** The shortest path from a root to the accumulation point, or the common path of the group. */
  path: PathStep[];
  /** The same in one line: `global.manager → Manager.rooms → Array[]`. */
  pathText: string;
  /** What is inside, by class, largest first; at most 10. */
  contents: HeapClassRow[];
}

/** A collection by how well it is filled. */
export interface CollectionRow {
  object: HeapObjectRef;
  collection: 'Array' | 'Map' | 'Set' | 'Object';
  /** Entries that are there. */
  entries: number;
  /** Entries that there is room for. */
  capacity: number;
  /** `entries` of `capacity`, 0 to 1. */
  fill: number;
  pathText: string;
}

/** What a heap is made of. Bytes; shares are 0 to 1 of `totalSize`. */
export interface HeapOverview {
  /** The shallow sizes of all objects. */
  totalSize: number;
  objects: number;
  edges: number;
  roots: number;
  kinds: { kind: string; count: number; selfSize: number; share: number }[];
  shares: { strings: number; code: number; closures: number };
  /** Outside V8's heap, yet in the file. */
  arrayBufferBytes: number;
  /** Outside V8's heap, yet in the file. */
  externalStringBytes: number;
  /** Native memory that V8 knows of without objects; null before Node 24. */
  extraNativeBytes: number | null;
}

/** How much of the memory of the process the snapshot cannot see. Bytes. */
export interface UnseenMemory {
  /** Resident set size when the snapshot was taken. */
  rss: number;
  /** What of it the snapshot accounts for. */
  seen: number;
  unseen: number;
  /** `unseen` of `rss`, 0 to 1. */
  unseenShare: number;
  /** The same in words. */
  sentence: string;
}

/** A file that was read. */
export interface AnalyzedFile {
  /** Absolute path. */
  path: string;
  /** Size in bytes, as it lies on the disk. */
  bytes: number;
  /** By its first bytes, whatever its name says. */
  compression: Compression;
}

/** What {@link analyze} resolves with. Plain data: `JSON.stringify` keeps all of it. */
export interface HeapReport {
  kind: 'heapSnapshot';
  file: AnalyzedFile;
  /** The headline, one or two sentences. `No suspect: …` where nothing stands out. */
  verdict: string;
  overview: HeapOverview;
  /** Null where no sidecar says how large the process was. */
  rss: UnseenMemory | null;
  /** The most telling first; empty for a healthy heap. */
  suspects: Suspect[];
  /** By retained size. */
  classes: HeapClassRow[];
  /** By retained size, without roots. */
  objects: (HeapObjectRef & { pathText: string })[];
  /** By bytes that one copy of each would save (`wasted`). */
  duplicateStrings: { text: string; count: number; selfSize: number; wasted: number }[];
  collections: CollectionRow[];
  /** Milliseconds of each phase. */
  timings: Record<string, number>;
  /** The sidecar `<file>.json` that rsprof wrote beside the file, as it is; null without one. */
  sidecar: Record<string, unknown> | null;
  /** Milliseconds in all. */
  durationMs: number;
}

/** A function of a profile. Line and column count from 1; 0 is unknown. */
export interface ProfileFunction {
  /** Its number in this profile. */
  id: number;
  /** `(anonymous)` where it has none; V8's own entries, such as `(garbage collector)`, in parentheses too. */
  name: string;
  /** Path or URL of its script, or of its source where `mapped`; empty for what V8 and native code do. */
  url: string;
  line: number;
  column: number;
  category:
    | 'app'
    | 'package'
    | 'node'
    | 'native'
    | 'wasm'
    | 'program'
    | 'garbageCollector'
    | 'idle'
    | 'root';
  /** Name of the package below `node_modules`; null for other code. */
  package: string | null;
  /** Whether a source map has told the place. */
  mapped: boolean;
}

/** A function and what it comes to. Weights are microseconds, or bytes; shares are of the busy weight, 0 to 1. */
export interface ProfileFunctionRow extends ProfileFunction {
  /** Without callees. */
  selfWeight: number;
  selfShare: number;
  /** With callees; a sample counts once, however often the function is on its stack. */
  totalWeight: number;
  totalShare: number;
  /** Samples in the function itself. */
  hits: number;
  /** The one that costs most first; `share` is of the total weight of the row. */
  callers: (ProfileFunction & { weight: number; share: number })[];
  /** The hottest first; `share` is of the samples of the function that have a line. `text`: null without a file. */
  hotLines: { line: number; hits: number; share: number; text: string | null }[];
  /** V8's reasons for throwing the optimised code away, the most frequent first. */
  deopts: { reason: string; count: number; script: number; position: number | null }[];
}

/** What has found something in a profile. */
export type ProfileRule =
  /** Much of the CPU time is charged to one function: its own, and what Node and V8 do for it. */
  | 'hot-function'
  /** The same, and most of it once for each listener of an event. */
  | 'per-listener'
  /** Much of what is still alive was allocated by one function. */
  | 'hot-allocation'
  | 'regexp'
  | 'module-loading'
  | 'sync-child-process'
  | 'sync-crypto'
  | 'sync-zlib'
  | 'sync-fs'
  | 'structured-clone'
  | 'console'
  | 'stack-traces'
  | 'json'
  | 'deoptimised'
  | 'garbage-collection'
  /** A set of labels of {@link label} or {@link labelRequests} takes much of the CPU time. */
  | 'label';

/** Something that costs, and what to do about it. */
export interface ProfileFinding {
  rule: ProfileRule;
  /** What it is. */
  sentence: string;
  /** Why that is so, or how it is known; may be empty. Code stands between backticks. */
  explanation: string;
  /** What helps. Code stands between backticks. */
  advice: string;
  /** Microseconds, or bytes. */
  weight: number;
  /** Of the busy weight, 0 to 1. */
  share: number;
  /** Where it is, where that is one place. */
  function: ProfileFunction | null;
  /** Functions of the program from which it is called, the one that costs most first. */
  callers: ProfileFunction[];
}

/** A profile in a few numbers. Weights are microseconds, or bytes. */
export interface ProfileOverview {
  unit: 'microseconds' | 'bytes';
  totalWeight: number;
  /** Without idle time: what shares are of. */
  busyWeight: number;
  /** Of all, 0 to 1. */
  idleShare: number;
  /** 0 where the file has only sums. */
  samples: number;
  /** How many equally heavy samples would tell as much as the busy ones do. */
  effectiveSamples: number;
  /** Mean microseconds between two samples; 0 where that is not known. */
  interval: number;
  /**
   * Where the weights of a CPU profile come from: each sample's time; the length of the recording divided by
   * its samples, or by its hits; nothing but 1 ms for each.
   */
  timing: 'timed' | 'even' | 'hits' | 'assumed';
  functions: number;
  /** Of the call tree. */
  nodes: number;
  /** Own weight by whose code it is (a {@link ProfileFunction}'s `category`), heaviest first. */
  categories: { name: string; weight: number; share: number }[];
  /** Own weight by package, heaviest first. */
  packages: { name: string; weight: number; share: number }[];
}

/** What {@link analyze} resolves with for a profile. Plain data. */
export interface ProfileReport {
  kind: 'cpuProfile' | 'heapProfile';
  file: AnalyzedFile;
  /** The headline: what costs most, how busy the thread was. */
  verdict: string;
  overview: ProfileOverview;
  /** Most expensive first; empty where nothing stands out. */
  findings: ProfileFinding[];
  /**
   * By the labels that samples were taken under ({@link label}, {@link labelRequests}), heaviest first; `labels` is
   * null for what has none. Empty where there are no labels. Weights are microseconds; `share` of a function is of its row.
   */
  labels: {
    labels: Record<string, string> | null;
    weight: number;
    share: number;
    functions: (ProfileFunction & { weight: number; share: number })[];
  }[];
  /** By own weight. */
  bySelf: ProfileFunctionRow[];
  /** By weight with callees. */
  byTotal: ProfileFunctionRow[];
  /** Scripts that were looked at, those with a source map, and those whose map could not be read. */
  sourceMaps: { seen: number; mapped: number; damaged: { file: string; reason: string }[] };
  /** The sidecar `<file>.json` that rsprof wrote beside the file, as it is; null without one. */
  sidecar: Record<string, unknown> | null;
  /** Milliseconds in all. */
  durationMs: number;
}

/**
 * Says who holds the memory, from a heap snapshot; who burns the time, from a CPU profile; who allocated what
 * is still alive, from an allocation profile. The content of the file tells which, not its name.
 *
 * A heap snapshot is a `.heapsnapshot` of any tool, plain, gzip or zstd, of Node 18 to 26. Retained sizes and
 * class names agree with Chrome DevTools'. A profile is a `.cpuprofile` or `.heapprofile` of rsprof, Node,
 * Chrome, v8-profiler or v8-profiler-next, plain, gzip or zstd.
 *
 * Threads of its own do the work, the event loop goes on. They need memory in this process: count on the size
 * of the uncompressed file. On a server that must not feel it, use `npx rsprof analyze` or
 * `heapSnapshot({ analyze: true })`, which do it in another process.
 *
 * Works beside either back end, wherever the addon loads.
 *
 * @param path a path or a file: URL
 * @throws {RsprofError} never synchronously. `INVALID_ARG`, `NOT_FOUND`, `IS_DIRECTORY`, `ACCESS`, `IO`,
 *   `INVALID_SNAPSHOT` and `INVALID_PROFILE` (with the byte offset), `BUDGET` (it takes too much memory),
 *   `ABORTED`, `UNSUPPORTED` (no addon here)
 *
 * @example
 * const report = await analyze('server.heapsnapshot.gz');
 * console.log(report.verdict);
 * if (report.kind === 'heapSnapshot') console.log(report.suspects[0]?.pathText);
 */
export function analyze<Report extends HeapReport | ProfileReport = HeapReport | ProfileReport>(
  path: string | URL,
  options?: AnalyzeOptions,
): Promise<Report>;

/** Options of {@link diff}. */
export interface DiffOptions extends AnalysisOptions {
  /** Rows of each list, 1 to 1000. Default 20. */
  top?: number;
  /** As of {@link AnalyzeOptions}. */
  sourceMaps?: boolean;
}

/** A class from the first file to the last, as in DevTools' Comparison view. */
export interface ClassChange {
  name: string;
  /** Objects that are new in the last file. */
  added: number;
  /** Objects that are gone. */
  removed: number;
  /** `added - removed`. */
  countDelta: number;
  /** Shallow bytes of the new objects. */
  addedSize: number;
  /** Shallow bytes of the objects that are gone. */
  removedSize: number;
  /** `addedSize - removedSize`. */
  sizeDelta: number;
  /** Change of the retained size of the class, in bytes. */
  retainedDelta: number;
  /** Number of objects, one for each file. */
  counts: number[];
  /** Shallow bytes, one for each file. */
  sizes: number[];
}

/** A class that grows, and who holds it. */
export interface GrowingClass {
  className: string;
  /** What grows and where it is held, in one sentence. */
  sentence: string;
  countDelta: number;
  /** Shallow bytes. */
  sizeDelta: number;
  /** Bytes. */
  retainedDelta: number;
  /** Whether it grew from each file to the next. */
  monotonic: boolean;
  /** The object of the last file that holds them. */
  holder: HeapObjectRef | null;
  path: PathStep[];
  pathText: string;
}

/** An array, a Map, a Set, or an object used as a map, that has more entries than before. */
export interface GrownCollection {
  /** In the last file. */
  object: HeapObjectRef;
  collection: 'Array' | 'Map' | 'Set' | 'Object';
  /** References it holds; numbers that V8 keeps in place are none. */
  entries: number;
  /** The same in the first file; null where it was not there. */
  entriesBefore: number | null;
  /** `entries` less `entriesBefore`. */
  entriesDelta: number;
  /** Change of its retained size, in bytes. */
  retainedDelta: number;
  pathText: string;
}

/** What {@link diff} resolves with. */
export interface HeapDiff {
  kind: 'heapDiff';
  /** Oldest first. `takenAt`: ISO 8601, null where no sidecar says so. */
  files: (AnalyzedFile & { totalSize: number; objects: number; takenAt: string | null })[];
  /**
   * `id`: object by object, where the files are of one process and its ids are stable. `class`: by class and
   * retaining path.
   */
  matchedBy: 'id' | 'class';
  /** What grows and where it is held; `No growth: …` otherwise. */
  verdict: string;
  /** The last file less the first. */
  growth: { totalSize: number; objects: number };
  classes: ClassChange[];
  /** The most telling first. */
  growing: GrowingClass[];
  /**
   * Those that grew by ten entries or more from the first file to the last, most first. Empty where one of the
   * two is a signature.
   */
  collections: GrownCollection[];
  /** Milliseconds. */
  durationMs: number;
}

/** A share of the busy weight in two profiles, 0 to 1. */
export interface ShareChange {
  before: number;
  after: number;
  /** What chance alone may change: three standard errors of the difference. Null where that is not known. */
  noise: number | null;
  /** Whether the change exceeds the noise. */
  significant: boolean;
}

/** What {@link diff} resolves with for two profiles. */
export interface ProfileDiff {
  kind: 'cpuProfileDiff' | 'heapProfileDiff';
  /** The older one first. `takenAt`: ISO 8601, null where no sidecar says so. */
  files: (AnalyzedFile & { takenAt: string | null })[];
  /** What changed most beyond the noise. */
  verdict: string;
  /** Microseconds, or bytes. */
  busyWeights: [number, number];
  /** Effective samples of each; 0 where that is not known, and then no change is significant. */
  samples: [number, number];
  /** The greatest change of the own share first. `own`: without callees, `total`: with them. */
  functions: (ProfileFunction & { own: ShareChange; total: ShareChange })[];
  /** Milliseconds. */
  durationMs: number;
}

/**
 * Says what grew from one heap snapshot to the next and where it is held: two or more files, oldest first;
 * each may be a snapshot or a {@link signature}. Or what got slower or faster from one profile to the next:
 * two files of one kind, compared by their shares of the busy time, so that recordings of different length
 * and load compare. Cost as of {@link analyze}, for each file.
 *
 * @throws {RsprofError} never synchronously; as {@link analyze}; `INVALID_ARG` for files of different kinds
 *
 * @example
 * const { verdict } = await diff('before.heapsnapshot.gz', 'after.heapsnapshot.gz');
 */
export function diff<Diff extends HeapDiff | ProfileDiff = HeapDiff | ProfileDiff>(
  before: string | URL,
  after: string | URL,
  ...more: (string | URL)[]
): Promise<Diff>;
export function diff<Diff extends HeapDiff | ProfileDiff = HeapDiff | ProfileDiff>(
  before: string | URL,
  after: string | URL,
  ...moreAndOptions: [...(string | URL)[], DiffOptions | undefined]
): Promise<Diff>;

/** Options of {@link inspect}. */
export interface InspectOptions extends AnalysisOptions {
  /** Rows of each list, 1 to 100000. Default 20; `totals` says how many there are. */
  limit?: number;
}

/** What {@link inspect} resolves with. */
export interface HeapInspection {
  file: AnalyzedFile;
  object: HeapObjectRef & {
    className: string;
    /** References on the shortest way from a root. */
    distance: number;
  };
  /** What it refers to. */
  properties: PathStep[];
  /** Who refers to it. */
  retainers: PathStep[];
  /** What would be freed with it: the next level of the dominator tree. */
  dominated: HeapObjectRef[];
  /** The nearest object that all ways to it go through. */
  dominator: HeapObjectRef | null;
  /** The shortest way from a root. */
  path: PathStep[];
  pathText: string;
  /** Lengths of the lists before they were cut to `limit`. */
  totals: { properties: number; retainers: number; dominated: number };
  /** Milliseconds. */
  durationMs: number;
}

/**
 * Looks at one object of a heap snapshot. Cost as of {@link analyze}.
 *
 * @param id as the report has it: 65893 or `'@65893'`
 * @throws {RsprofError} never synchronously; as {@link analyze}, and `INVALID_ARG` where no object has this id
 *
 * @example
 * const { retainers } = await inspect('server.heapsnapshot.gz', suspects[0].object.id);
 */
export function inspect(
  path: string | URL,
  id: number | string,
  options?: InspectOptions,
): Promise<HeapInspection>;

/** Options of {@link signature}. */
export interface SignatureOptions extends AnalysisOptions {
  /** A file to write it to; its folder must exist. */
  out?: string | URL;
  /** Replace an existing regular file. Default false. */
  overwrite?: boolean;
}

/** A heap snapshot in short: classes, paths and sizes. Its fields are rsprof's own. */
export interface HeapSignature {
  /** Name and version of the format. */
  format: string;
  [field: string]: unknown;
}

/** What {@link signature} resolves with. */
export interface SignatureResult {
  /** Absolute path of the file, null where none was asked for. */
  path: string | null;
  /** Size of its text, in bytes. */
  bytes: number;
  signature: HeapSignature;
}

/**
 * Makes the signature of a heap snapshot: less than 1 MB whatever the size of the file, to be kept (one for
 * each release, say) and given to {@link diff} instead of the file. Names of classes and properties are in it, contents
 * of strings are not. Cost as of {@link analyze}.
 *
 * @throws {RsprofError} never synchronously; as {@link analyze}, and `EXISTS`, `DISK_FULL` for `out`
 *
 * @example
 * await signature('release-1.heapsnapshot.gz', { out: 'release-1.signature.json' });
 */
export function signature(path: string | URL, options?: SignatureOptions): Promise<SignatureResult>;

/** The formats of {@link exportProfile}. */
export type ExportFormat = 'pprof' | 'speedscope' | 'folded' | 'chrome' | 'html';

/** Options of {@link exportProfile}. */
export interface ExportProfileOptions extends AnalysisOptions {
  /**
   * `pprof`: `profile.proto`, gzip, without idle time. `speedscope`: speedscope's JSON, in the order of time.
   * `folded`: a line for each stack, microseconds or bytes, without idle time. `chrome`: a `.cpuprofile` or
   * `.heapprofile` as Chrome DevTools opens it, of whatever shape the file was. `html`: a flame graph, one page
   * that needs no network.
   */
  format: ExportFormat;
  /** The file to write; its folder must exist. */
  out: string | URL;
  /** Replace an existing regular file. Default false. */
  overwrite?: boolean;
  /** As of {@link AnalyzeOptions}. */
  sourceMaps?: boolean;
}

/** What {@link exportProfile} resolves with. */
export interface ExportProfileResult {
  /** Absolute path of the file. */
  path: string;
  /** Its size. */
  bytes: number;
  format: ExportFormat;
  /** Milliseconds. */
  durationMs: number;
}

/**
 * Writes a CPU or allocation profile, of any tool, in the format of another one. The file is there when it is whole, and
 * for its owner only; names and paths of functions are in it.
 *
 * It works on threads of its own. In memory the profile takes about 12 bytes for each sample and 37 for each node; the
 * output is streamed.
 *
 * @throws {RsprofError} never synchronously; `INVALID_PROFILE` where the file is damaged or something else,
 *   `INVALID_ARG`, `NOT_FOUND`, `ACCESS`, `IO`, `ABORTED`, `UNSUPPORTED` without the native addon; `EXISTS`,
 *   `DISK_FULL` for `out`, of which nothing is left then; `BUDGET` where the stacks of a foreign profile, written
 *   out, would have more than a thousand million frames
 *
 * @example
 * await exportProfile('peak.cpuprofile.gz', { format: 'pprof', out: 'peak.pb.gz' });
 */
export function exportProfile(
  path: string | URL,
  options: ExportProfileOptions,
): Promise<ExportProfileResult>;
