import type next from './v8-profiler-next.js';

/**
 * `v8-profiler` 5.7.0 on rsprof's back ends: the same functions, the same answers, no compiler.
 *
 * Everything is synchronous. Differences: docs/migrating.md.
 */
declare namespace profiler {
  type ExportStream = next.ExportStream;
  type LineTick = next.LineTick;
  type Snapshot = next.Snapshot;
  type SnapshotNode = next.SnapshotNode;
  type SnapshotEdge = next.SnapshotEdge;

  interface CpuProfileNode extends next.CpuProfileNode {
    /** The same number for the same function. */
    callUID: number;
    children: CpuProfileNode[];
  }

  interface CpuProfile extends next.CpuProfile {
    head: CpuProfileNode;
  }

  /** By `uid`. */
  const snapshots: Record<string, Snapshot>;
  /** By `uid`, with holes where one was deleted. */
  const profiles: CpuProfile[];

  /** `control` is called once, when the snapshot is there. Without a name the title is `'undefined'`. */
  function takeSnapshot(name?: string, control?: (done: number, total: number) => void): Snapshot;
  function takeSnapshot(control: (done: number, total: number) => void): Snapshot;
  function deleteAllSnapshots(): void;

  /** @throws RsprofError `ERR_RSPROF_UNSUPPORTED` without the native back end */
  function startTrackingHeapObjects(): void;
  function stopTrackingHeapObjects(): void;
  /** @throws RsprofError `ERR_RSPROF_UNSUPPORTED` without the native back end */
  function getHeapStats(
    // biome-ignore lint/suspicious/noConfusingVoidType: an iterator may answer nothing
    iterator?: (samples: number[]) => boolean | void,
    callback?: () => void,
  ): number;
  function getObjectByHeapObjectId(id: number | string): unknown;
  function getHeapObjectId(value: unknown): number;
  function getHeapObjectId(): undefined;

  /** Microseconds between samples, of the profiles that are started from now on. */
  function setSamplingInterval(microseconds: number): void;
  /** Without a name the title is `'undefined'`. */
  function startProfiling(name?: string, recsamples?: boolean): void;
  function startProfiling(recsamples: boolean): void;
  /** Without a name: the profile started last. Undefined where none of that name, or none at all, runs. */
  function stopProfiling(name?: string): CpuProfile | undefined;
  function deleteAllProfiles(): void;
}

export = profiler;
