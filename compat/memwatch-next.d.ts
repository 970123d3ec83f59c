/** In the place of `memwatch-next` 0.3.0, `memwatch` 0.2 and `node-memwatch`: `stats` as they have them. */

import { EventEmitter } from 'node:events';

import memwatch = require('./memwatch.js');

/** The export. It is one object, not a class: nothing else can be made of it. */
declare class LegacyMemwatch extends EventEmitter {
  private constructor();
  on(event: 'stats', listener: (stats: memwatch.LegacyStats) => void): this;
  on(event: 'leak', listener: (leak: memwatch.Leak) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once(event: 'stats', listener: (stats: memwatch.LegacyStats) => void): this;
  once(event: 'leak', listener: (leak: memwatch.Leak) => void): this;
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it
  once(event: string | symbol, listener: (...args: any[]) => void): this;
  /** Collects all garbage, twice, before it returns; `stats` follow. */
  gc(deadlineMs?: number): void;
  HeapDiff: memwatch.HeapDiffConstructor;
  /** rsprof's own. */
  configure(options: memwatch.Options): void;
}

declare const legacy: LegacyMemwatch;

export = legacy;
