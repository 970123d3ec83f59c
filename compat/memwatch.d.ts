/**
 * In the place of `@airbnb/node-memwatch` 3.0.0, with the `leak` event of its ancestors. The export is an
 * event emitter. Requiring it counts the garbage collections of this thread from then on.
 */

import { EventEmitter } from 'node:events';

declare namespace memwatch {
  /** After a full collection; `gc…Time` and `gc_time` in nanoseconds, sizes in bytes. */
  interface Stats {
    /** When it was over, in microseconds since the epoch. */
    gc_ts: number;
    gcScavengeCount: number;
    gcScavengeTime: number;
    gcMarkSweepCompactCount: number;
    gcMarkSweepCompactTime: number;
    gcIncrementalMarkingCount: number;
    gcIncrementalMarkingTime: number;
    gcProcessWeakCallbacksCount: number;
    gcProcessWeakCallbacksTime: number;
    total_heap_size: number;
    total_heap_size_executable: number;
    total_physical_size: number;
    total_available_size: number;
    used_heap_size: number;
    heap_size_limit: number;
    malloced_memory: number;
    peak_malloced_memory: number;
    /** How long this collection took. */
    gc_time: number;
  }

  /** `stats` as memwatch-next 0.3.0 and memwatch 0.2 have them; sizes in bytes. */
  interface LegacyStats {
    num_full_gc: number;
    num_inc_gc: number;
    heap_compactions: number;
    /** By how many percent the mean of 10 collections is above that of 120. */
    usage_trend: number;
    estimated_base: number;
    current_base: number;
    min: number;
    max: number;
  }

  interface Leak {
    /** Bytes. */
    growth: number;
    /** Such as `heap growth over 5 consecutive GCs (1m 2s) - 11.67 mb/hr`. */
    reason: string;
    start: Date;
    end: Date;
    /** With `leak: 'trend'`: what the rule has found, as `LeakVerdict` of rsprof. */
    verdict?: import('../index.js').LeakVerdict;
  }

  interface Options {
    /** Shape of `stats`: that of node-memwatch 3, or of memwatch-next 0.3. */
    stats?: 'current' | 'legacy';
    /**
     * When `leak` is emitted: after five full collections in a row that left more than the one before; when
     * the trend of what they leave is none of the load's and no chance; or never.
     */
    leak?: 'consecutive' | 'trend' | false;
  }

  interface Size {
    size_bytes: number;
    /** Such as `1.78 mb`, `-2.07 kb`, `24 bytes`. */
    size: string;
  }

  interface HeapState extends Size {
    nodes: number;
  }

  interface Detail extends Size {
    /** Name of the constructor, or Array, String, Code, Closure, RegExp, Number, Native. */
    what: string;
    '+': number;
    '-': number;
  }

  interface Difference {
    before: HeapState;
    after: HeapState;
    change: Size & { freed_nodes: number; allocated_nodes: number; details: Detail[] };
  }

  /** What was allocated and freed between two moments of this thread. Stops it for a heap snapshot at each. */
  interface HeapDiff {
    /** @throws when called again */
    end(): Difference;
  }

  interface HeapDiffConstructor {
    new (): HeapDiff;
  }
}

/** The export. It is one object, not a class: nothing else can be made of it. */
declare class Memwatch extends EventEmitter {
  private constructor();
  on(event: 'stats', listener: (stats: memwatch.Stats) => void): this;
  on(event: 'leak', listener: (leak: memwatch.Leak) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once(event: 'stats', listener: (stats: memwatch.Stats) => void): this;
  once(event: 'leak', listener: (leak: memwatch.Leak) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it
  once(event: string | symbol, listener: (...args: any[]) => void): this;
  /** Collects all garbage, twice, before it returns; `stats` follow. */
  gc(deadlineMs?: number): void;
  HeapDiff: memwatch.HeapDiffConstructor;
  /** rsprof's own. */
  configure(options: memwatch.Options): void;
}

declare const memwatch: Memwatch;

export = memwatch;
