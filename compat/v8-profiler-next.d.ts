import type { Stream, Transform } from 'node:stream';

/**
 * `v8-profiler-next` 1.10.0 on rsprof's back ends: the same functions, the same answers, no compiler.
 *
 * Everything is synchronous. Differences: docs/migrating.md.
 */
declare namespace profiler {
  /** A new stream, for a caller of `export` who gave nothing to write into. */
  type ExportStream = Transform;

  interface Header<Uid> {
    typeId: string;
    uid: Uid;
    title: string;
  }

  interface LineTick {
    /** From 1. */
    line: number;
    hitCount: number;
  }

  /** A node of a profile that was made with `setGenerateType(0)`. */
  interface CpuProfileNode {
    functionName: string;
    /** The script's name: a path for a CommonJS module, a `file:` URL for an ES module. */
    url: string;
    /** From 1; 0 for none. */
    lineNumber: number;
    /** From 1; 0 for none. */
    columnNumber: number;
    bailoutReason: string;
    id: number;
    scriptId: number;
    hitCount: number;
    children: CpuProfileNode[];
    /** Absent where nothing was hit. */
    lineTicks?: LineTick[];
  }

  /** A node of a profile that was made with `setGenerateType(1)`. */
  interface FlatCpuProfileNode {
    id: number;
    hitCount: number;
    callFrame: {
      functionName: string;
      scriptId: number;
      bailoutReason: string;
      url: string;
      /** From 1; 0 for none. */
      lineNumber: number;
      /** From 1; 0 for none. */
      columnNumber: number;
      lineTicks?: LineTick[];
    };
    /** Ids. */
    children: number[];
  }

  interface AnyCpuProfile {
    typeId: 'CPU';
    /** The profile's number, as text. */
    uid: string;
    /** The name it was started with, or `Profile <uid>`. */
    title: string;
    /** Ids of nodes. */
    samples: number[];
    /** Takes it out of `profiles`. Works without `this`. */
    delete(): void;
    getHeader(): Header<string>;
    /** Ends the stream with the profile's JSON on the next tick; a new stream where none is given. */
    export(receiver?: undefined): ExportStream;
    export<S extends Stream>(receiver: S): S;
    /** Calls back with the profile's JSON on the next tick. */
    export(receiver: (error: Error | undefined, text: string) => void): undefined;
  }

  /** With `setGenerateType(0)`, which is how it is from the start. */
  interface CpuProfile extends AnyCpuProfile {
    head: CpuProfileNode;
    /** Whole seconds on V8's clock. */
    startTime: number;
    /** Whole seconds on V8's clock. */
    endTime: number;
    /** Microseconds on V8's clock, one for each sample. */
    timestamps: number[];
  }

  /** With `setGenerateType(1)`. */
  interface FlatCpuProfile extends AnyCpuProfile {
    nodes: FlatCpuProfileNode[];
    /** Microseconds on V8's clock. */
    startTime: number;
    /** Microseconds on V8's clock. */
    endTime: number;
    /** Microseconds since the sample before, the first one since `startTime`. */
    timeDeltas: number[];
  }

  type NodeType =
    | 'Array'
    | 'String'
    | 'Object'
    | 'Code'
    | 'Closure'
    | 'RegExp'
    | 'HeapNumber'
    | 'Native'
    | 'Synthetic'
    | 'ConsString'
    | 'SlicedString'
    | 'Hidden';

  type EdgeType =
    | 'ContextVariable'
    | 'Element'
    | 'Property'
    | 'Internal'
    | 'Hidden'
    | 'Shortcut'
    | 'Weak'
    | 'Undefined';

  interface SnapshotNode {
    /** Its references, made anew at each access. */
    readonly children: SnapshotEdge[];
    type: NodeType;
    name: string;
    id: number;
    /** Bytes. */
    shallowSize: number;
  }

  interface SnapshotEdge {
    type: EdgeType;
    name: string | number;
    from: SnapshotNode;
    /** Made when it is asked for. */
    readonly to: SnapshotNode;
  }

  interface Snapshot {
    /** Made when it is asked for. Undefined once the snapshot is deleted. */
    readonly root: SnapshotNode;
    typeId: 'HEAP';
    /** `maxSnapshotJSObjectId`. */
    uid: number;
    title: string;
    nodesCount: number;
    maxSnapshotJSObjectId: number;
    /** Undefined for a place that is none. The same node is the same object for as long as it is kept. */
    getNode(index: number): SnapshotNode | undefined;
    /** Undefined for an id that is none. */
    getNodeById(id: number): SnapshotNode | undefined;
    /** Frees it, and answers those that are left. Works without `this`. */
    delete(): Record<string, Snapshot>;
    /**
     * Hands the text over in pieces of 51,200 characters, then calls back; all of that before it returns.
     * An iterator that answers `false` ends it, without the callback.
     */
    serialize(
      // biome-ignore lint/suspicious/noConfusingVoidType: an iterator may answer nothing
      iterator: (chunk: string, length: number) => boolean | void,
      callback: () => void,
    ): void;
    getHeader(): Header<number>;
    /**
     * Nodes of `other` less those of this one: by name for objects, by type for all else. What is not an
     * object is counted wrong, as v8-profiler-next counts it, unless `fixed` is set.
     */
    compare(other: Snapshot, options?: { fixed?: boolean }): Record<string, number>;
    /** Writes the text into the stream before it returns; a new stream where none is given. */
    export(receiver?: undefined): ExportStream;
    export<S extends Stream>(receiver: S): S;
    /** Calls back with the text before it returns. */
    export(receiver: (error: Error | null, text?: string) => void): undefined;
  }

  interface SamplingHeapProfileNode {
    callFrame: {
      functionName: string;
      scriptId: number;
      url: string;
      /** From 1; 0 for none. */
      lineNumber: number;
      /** From 1; 0 for none. */
      columnNumber: number;
    };
    /** Bytes. */
    selfSize: number;
    children: SamplingHeapProfileNode[];
  }

  interface SamplingHeapProfile {
    head: SamplingHeapProfileNode;
    export(receiver?: undefined): ExportStream;
    export<S extends Stream>(receiver: S): S;
    export(receiver: (error: Error | undefined, text: string) => void): undefined;
  }

  /** By `uid`. */
  const snapshots: Record<string, Snapshot>;
  /** By `uid`, with holes where one was deleted. */
  const profiles: (CpuProfile | FlatCpuProfile)[];

  /** Stops the program while V8 builds the graph. `control` is never called. */
  function takeSnapshot(name?: string, control?: (done: number, total: number) => void): Snapshot;
  function takeSnapshot(control: (done: number, total: number) => void): Snapshot;
  function deleteAllSnapshots(): void;

  /** @throws RsprofError `ERR_RSPROF_UNSUPPORTED` without the native back end */
  function startTrackingHeapObjects(): void;
  function stopTrackingHeapObjects(): void;
  /**
   * What changed since it was last asked, as flat triples of interval, objects and bytes.
   *
   * @returns the last id that V8 gave
   * @throws RsprofError `ERR_RSPROF_UNSUPPORTED` without the native back end
   */
  function getHeapStats(
    // biome-ignore lint/suspicious/noConfusingVoidType: an iterator may answer nothing
    iterator?: (samples: number[]) => boolean | void,
    callback?: () => void,
  ): number;
  /** Undefined for what is not there, `'Preview is not available'` for what no program may see. */
  function getObjectByHeapObjectId(id: number | string): unknown;
  /** 0 for what V8 has given no id; undefined without an argument. */
  function getHeapObjectId(value: unknown): number;
  function getHeapObjectId(): undefined;

  /** 0: a tree in `head`; 1: a list in `nodes`. */
  function setGenerateType(type: 0 | 1): void;
  /** Kept for its callers: V8's profilers are freed with their last profile. */
  function setProfilesCleanupLimit(limit: number): void;
  /** Microseconds between samples, of the profiles that are started from now on. */
  function setSamplingInterval(microseconds: number): void;
  /** `mode` 1 keeps V8's profiler, so that the next start is instant. */
  function startProfiling(name?: string, recsamples?: boolean, mode?: 0 | 1): void;
  function startProfiling(recsamples: boolean, unused?: undefined, mode?: 0 | 1): void;
  /** Without a name: the profile started last. Undefined where none of that name, or none at all, runs. */
  function stopProfiling(name?: string): CpuProfile | undefined;
  /** As above, after `setGenerateType(1)`. */
  function stopProfiling<Profile extends CpuProfile | FlatCpuProfile>(
    name?: string,
  ): Profile | undefined;
  function deleteAllProfiles(): void;
  /** Takes a sample now. Does nothing without the native back end. */
  function collectSample(): void;

  /** About one sample each `interval` bytes, `depth` frames each; 524,288 and 16 unless both are given. */
  function startSamplingHeapProfiling(interval: number, depth: number): void;
  function startSamplingHeapProfiling(): void;
  /** Undefined where none runs. */
  function stopSamplingHeapProfiling(): SamplingHeapProfile | undefined;
}

export = profiler;
