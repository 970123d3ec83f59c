'use strict';

/** Black boxes of processes that never were, written by the real writer. */

const fs = require('node:fs');
const path = require('node:path');

const { FileSink } = require('../../lib/watch/blackbox/file-sink.js');
const { TAIL, layoutOf } = require('../../lib/watch/blackbox/format.js');
const { BlackboxWriter } = require('../../lib/watch/blackbox/writer.js');
const { History } = require('../../lib/watch/history.js');
const { INDEX, WIDTH } = require('../../lib/watch/metrics.js');

const MB = 2 ** 20;

/** When the invented processes are seen last. */
const LAST = Date.UTC(2025, 10, 21, 3, 12, 7);

/** Tiers that readings go round in. */
const SMALL = Object.freeze([
  { step: 1000, slots: 70 },
  { step: 60_000, slots: 4 },
]);

const INFO = Object.freeze({
  hostTag: '00000000',
  pid: 4711,
  startTime: '1234567',
  threadId: 0,
  host: 'web-3',
  node: '20.20.2',
  rsprof: '0.1.0',
  interval: 1000,
  totalMemory: 16 * 1024 * MB,
  youngReserve: 48 * MB,
});

/** A service that is well: of the moment `before` ms before the end. */
function healthy(before) {
  const wave = Math.sin(before / 40_000) + 0.3 * Math.sin(before / 3000);
  return {
    rss: (220 + 6 * wave) * MB,
    memoryUsed: (240 + 8 * wave) * MB,
    memoryLimit: 512 * MB,
    cpu: 0.35 + 0.1 * wave,
    fds: 84 + Math.round(9 * wave),
    fdLimit: 1024,
    diskFree: 31 * 1024 * MB,
    diskTotal: 50 * 1024 * MB,
    heapUsed: (110 + 12 * wave) * MB,
    newSpaceUsed: 6 * MB,
    heapLimit: 448 * MB,
    heapFloor: 90 * MB,
    external: 14 * MB,
    eventLoopUtilization: 0.3 + 0.1 * wave,
    eventLoopDelayMax: 12 + 5 * wave,
    gcPause: 3 + wave,
    handles: 60 + Math.round(8 * wave),
    requestsInFlight: Math.max(0, Math.round(5 + 3 * wave)),
    requestRate: 140 + 40 * wave,
    requestLatencyP99: 45 + 10 * wave,
  };
}

function rowOf(time, readings) {
  const row = new Float64Array(WIDTH).fill(Number.NaN);
  row[INDEX.time] = time;
  for (const [name, value] of Object.entries(readings)) row[INDEX[name]] = value;
  return row;
}

/** What the addon writes beside JavaScript. */
function tailBytes(tail) {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  TAIL.forEach((name, at) => {
    view.setFloat64(8 * at, tail[name] ?? Number.NaN, true);
  });
  return bytes;
}

/**
 * Writes a black box.
 *
 * @param {string} file
 * @param {object} how `seconds` of readings before LAST, `readings(before)` in ms, `tail`, `events` as
 *   `[before, text]`, `end` (a text), `info`, `tiers`
 * @returns {string} the file
 */
function makeBlackbox(file, how = {}) {
  const { seconds = 900, readings = healthy, tail, events = [], end, info = {}, tiers } = how;
  const history = new History(tiers && { tiers });
  const layout = layoutOf(history.tiers);
  const sink = new FileSink(file, layout.bytes);
  let now = LAST - 1000 * seconds;
  const told = { ...INFO, startedAt: now, ...info };
  const writer = new BlackboxWriter({ path: file, history, sink, info: told, clock: () => now });
  for (let before = 1000 * seconds; before >= 0; before -= 1000) {
    now = LAST - before;
    const row = rowOf(now, readings(before));
    history.add(row);
    writer.add(row);
  }
  for (const [before, text] of events) {
    now = LAST - before;
    writer.event(text);
  }
  now = LAST;
  if (tail) overwrite(file, layout.tail.offset, tailBytes(tail));
  // A process that dies says nothing, nor does it close anything.
  writer.end(end ?? 'nothing');
  if (end === undefined) overwrite(file, layout.end.offset, new Uint8Array(layout.end.slotBytes));
  return file;
}

/** Puts other bytes into a file. */
function overwrite(file, offset, bytes) {
  const descriptor = fs.openSync(file, 'r+');
  fs.writeSync(descriptor, bytes, 0, bytes.length, offset);
  fs.closeSync(descriptor);
}

/** A name as `watch()` would give it. */
const nameIn = (
  dir,
  { hostTag = '00000000', pid = 4711, startTime = '1234567', threadId = 0 } = {},
) => path.join(dir, `blackbox-${hostTag}-${pid}-${startTime}-${threadId}.rsprof`);

module.exports = {
  INFO,
  LAST,
  MB,
  SMALL,
  healthy,
  makeBlackbox,
  nameIn,
  overwrite,
  rowOf,
  tailBytes,
};
