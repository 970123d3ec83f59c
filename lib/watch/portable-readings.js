'use strict';

/**
 * What the addon reads, read in JavaScript: where there is no addon. It costs a few kilobytes of garbage a
 * reading, and knows less.
 *
 * @module
 */

const fs = require('node:fs');
const os = require('node:os');
const { PerformanceObserver, constants, performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const { INDEX, NATIVE_RANGE } = require('./metrics.js');

/** Handles, descriptors and the disk are looked at each so many readings: they take longest. */
const SELDOM = 10;

const MS = 1000;

/** Where the spaces of V8 count; the others are `otherSpace`. */
const SPACES = Object.freeze({
  new_space: 'newSpace',
  old_space: 'oldSpace',
  code_space: 'codeSpace',
  code_large_object_space: 'codeSpace',
  large_object_space: 'largeObjectSpace',
  new_large_object_space: 'largeObjectSpace',
});

/** What Node calls active handles; the others are `otherHandles`. */
const HANDLES = Object.freeze({
  TCPSocketWrap: 'tcpHandles',
  TCPServerWrap: 'tcpHandles',
  UDPWrap: 'udpHandles',
  PipeWrap: 'pipeHandles',
  PipeServerWrap: 'pipeHandles',
  TTYWrap: 'pipeHandles',
  ProcessWrap: 'processHandles',
  FSEventWrap: 'fileWatchHandles',
  StatWatcher: 'fileWatchHandles',
});

/** Kinds of collections and the metrics they count for. */
const COLLECTIONS = Object.freeze({
  [constants.NODE_PERFORMANCE_GC_MINOR]: ['scavenges', 'scavengeTime'],
  [constants.NODE_PERFORMANCE_GC_MAJOR]: ['markSweeps', 'markSweepTime'],
});

const OTHER_COLLECTIONS = Object.freeze(['otherGcs', 'otherGcTime']);

/** What `read` gives, or undefined where the system refuses. */
function quietly(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

class PortableReadings {
  #dir;
  #row = new Float64Array(NATIVE_RANGE.first + NATIVE_RANGE.count).fill(NaN);
  #observer;
  #readings = 0;
  #clock = performance.now();
  #cpu = process.cpuUsage();

  /** @param {{ dir: string }} settings whose file system counts */
  constructor({ dir }) {
    this.#dir = dir;
    this.#resetCollections();
    this.#observer = new PerformanceObserver((list) => this.#noteCollections(list.getEntries()));
    this.#observer.observe({ type: 'gc' });
  }

  /** Fills the numbers of `NATIVE_RANGE` from `at` on. */
  read(row, at) {
    this.#readProcess();
    this.#readHeap();
    if (this.#readings++ % SELDOM === 0) this.#readSeldom();
    row.set(this.#row.subarray(NATIVE_RANGE.first), at);
    this.#resetCollections();
  }

  stop() {
    this.#observer.disconnect();
  }

  #set(name, value) {
    this.#row[INDEX[name]] = value ?? NaN;
  }

  #add(name, value) {
    this.#row[INDEX[name]] += value;
  }

  #readProcess() {
    const now = performance.now();
    const cpu = process.cpuUsage();
    const used = cpu.user - this.#cpu.user + cpu.system - this.#cpu.system;
    this.#set('cpu', used / MS / (now - this.#clock));
    [this.#clock, this.#cpu] = [now, cpu];
    this.#set(
      'rss',
      quietly(() => process.memoryUsage.rss()),
    );
    this.#set('memoryLimit', Math.min(os.totalmem(), process.constrainedMemory?.() || Infinity));
  }

  #readHeap() {
    const heap = v8.getHeapStatistics();
    this.#set('heapUsed', heap.used_heap_size);
    this.#set('heapTotal', heap.total_heap_size);
    this.#set('heapLimit', heap.heap_size_limit);
    this.#set('external', heap.external_memory);
    this.#set('malloced', heap.malloced_memory);
    this.#set('nativeContexts', heap.number_of_native_contexts);
    this.#set('detachedContexts', heap.number_of_detached_contexts);
    this.#readSpaces();
  }

  #readSpaces() {
    for (const name of ['otherSpace', ...Object.values(SPACES)]) {
      this.#set(`${name}Used`, 0);
      this.#set(`${name}Size`, 0);
    }
    for (const space of v8.getHeapSpaceStatistics()) {
      const name = SPACES[space.space_name] ?? 'otherSpace';
      this.#add(`${name}Used`, space.space_used_size);
      this.#add(`${name}Size`, space.space_size);
    }
  }

  #readSeldom() {
    this.#set(
      'fds',
      quietly(() => fs.readdirSync('/proc/self/fd').length),
    );
    const disk = quietly(() => fs.statfsSync(this.#dir));
    this.#set('diskFree', disk && disk.bavail * disk.bsize);
    this.#set('diskTotal', disk && disk.blocks * disk.bsize);
    this.#readHandles();
  }

  #readHandles() {
    const names = ['otherHandles', ...Object.values(HANDLES)];
    for (const name of ['handles', ...names]) this.#set(name, 0);
    for (const kind of process.getActiveResourcesInfo?.() ?? []) {
      if (kind === 'Timeout' || kind === 'Immediate') continue;
      this.#add('handles', 1);
      this.#add(HANDLES[kind] ?? 'otherHandles', 1);
    }
  }

  #resetCollections() {
    for (const [count, time] of [...Object.values(COLLECTIONS), OTHER_COLLECTIONS]) {
      this.#set(count, 0);
      this.#set(time, 0);
    }
    this.#set('gcPause', 0);
  }

  #noteCollections(entries) {
    for (const { detail, duration } of entries) {
      const [count, time] = COLLECTIONS[detail.kind] ?? OTHER_COLLECTIONS;
      this.#add(count, 1);
      this.#add(time, duration);
      this.#set('gcPause', Math.max(this.#row[INDEX.gcPause], duration));
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#noteFloor();
    }
  }

  /** Node tells of a collection shortly after it: what was allocated since is in it. */
  #noteFloor() {
    const heap = v8.getHeapStatistics();
    this.#set('heapFloor', heap.used_heap_size);
    this.#set('externalFloor', heap.external_memory);
    this.#set('floorTime', Date.now());
  }
}

module.exports = { PortableReadings };
