'use strict';

/**
 * Reads a black box: of a process that is gone, or of one that still writes it. Whatever is in the file,
 * reading takes no more memory than {@link MOST_BYTES}, and fails with an RsprofError only.
 *
 * @module
 */

const { constants } = require('node:fs');
const fs = require('node:fs/promises');
const { RsprofError, fromSystemError } = require('../../errors.js');
const { firstBytes } = require('../../first-bytes.js');
const {
  FORMAT,
  HEADER_BYTES,
  SLOT_HEAD,
  TAIL,
  TAIL_NUMBERS,
  TEXT_HEAD,
  decodeText,
  sequenceAt,
} = require('./format.js');

/** No black box is so large. */
const MOST_BYTES = 16 * 1_048_576;
const MOST_TIERS = 8;
const MOST_SLOTS = 100_000;

/** What the header tells of the process, with the type it has to have. */
const INFO = Object.freeze({
  pid: 'number',
  threadId: 'number',
  hostTag: 'string',
  startTime: 'string',
  host: 'string',
  node: 'string',
  rsprof: 'string',
  startedAt: 'number',
  interval: 'number',
  totalMemory: 'number',
  youngReserve: 'number',
});

function invalid(path, why) {
  const message = `rsprof cannot read ${path}: ${why}; pass a .rsprof file that rsprof.watch() has written`;
  return new RsprofError('ERR_RSPROF_INVALID_BLACKBOX', message);
}

const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;

/** A part of the file that is described as the format has it, and within what is read. */
function isPart(part, bytes, { slots = 1, slotBytes }) {
  return (
    isWhole(part?.offset, HEADER_BYTES, MOST_BYTES) && part.offset + slots * slotBytes <= bytes
  );
}

function isRing(ring, bytes, leastSlot) {
  if (!isWhole(ring?.slots, 1, MOST_SLOTS)) return false;
  if (!isWhole(ring.slotBytes, leastSlot, MOST_BYTES) || ring.slotBytes % 4 > 0) return false;
  return isPart(ring, bytes, ring);
}

function isLayout(layout, metrics) {
  const bytes = layout?.bytes;
  if (!isWhole(bytes, HEADER_BYTES, MOST_BYTES)) return false;
  if (!Array.isArray(layout.tiers) || !isWhole(layout.tiers.length, 1, MOST_TIERS)) return false;
  const rowBytes = SLOT_HEAD + 8 * metrics.length;
  return (
    isPart(layout.tail, bytes, { slotBytes: TAIL_NUMBERS * 8 }) &&
    isPart(layout.mark, bytes, { slotBytes: 1 }) &&
    isRing(layout.end, bytes, TEXT_HEAD) &&
    isRing(layout.events, bytes, TEXT_HEAD) &&
    layout.tiers.every((tier) => isRing(tier, bytes, rowBytes) && tier.step > 0)
  );
}

/** Names, `time` first, each of them once. */
function areMetrics(metrics) {
  if (!Array.isArray(metrics) || metrics[0] !== 'time') return false;
  return (
    metrics.every((name) => typeof name === 'string') && new Set(metrics).size === metrics.length
  );
}

function parseHeader(path, bytes) {
  let header;
  try {
    header = JSON.parse(bytes.toString('utf8'));
  } catch {
    const isEmpty = bytes.every((byte) => byte === 0);
    throw invalid(path, isEmpty ? 'it was never begun' : 'it has no header');
  }
  if (header?.format !== FORMAT) {
    const found = typeof header?.format === 'string' ? header.format.slice(0, 40) : 'none';
    throw invalid(path, `its format is not ${FORMAT} but ${found}`);
  }
  const { metrics, layout } = header;
  if (!areMetrics(metrics)) throw invalid(path, 'its header names no readings');
  if (!isLayout(layout, metrics)) throw invalid(path, 'its header does not describe such a file');
  const known = Object.entries(INFO).map(([name, type]) => {
    const isKnown = typeof header[name] === type;
    return [name, isKnown ? header[name] : null];
  });
  return { info: Object.fromEntries(known), metrics, layout };
}

async function readFile(path, handle) {
  const stats = await handle.stat();
  if (!stats.isFile()) throw invalid(path, 'it is not a regular file');
  const head = await firstBytes(handle, HEADER_BYTES);
  if (head.length < HEADER_BYTES) throw invalid(path, `it has ${head.length} bytes only`);
  const header = parseHeader(path, head);
  return { ...header, bytes: await firstBytes(handle, header.layout.bytes) };
}

/** Whole slots of a ring, in the order of their writing, and how many are damaged or cut off. */
function slotsOf(view, ring) {
  const found = [];
  let damaged = 0;
  for (let position = 0; position < ring.slots; position++) {
    const from = ring.offset + position * ring.slotBytes;
    if (from + ring.slotBytes > view.byteLength) break;
    const sequence = sequenceAt(view, from, ring, position);
    if (sequence > 0) found.push({ sequence, from });
    if (sequence < 0) damaged++;
  }
  found.sort((a, b) => a.sequence - b.sequence);
  return { found, damaged };
}

function textsOf(view, ring) {
  const { found, damaged } = slotsOf(view, ring);
  return { texts: found.map(({ from }) => decodeText(view, from, ring.slotBytes)), damaged };
}

/** What the addon wrote last; null where it never did. */
function tailOf(view, { offset }) {
  if (offset + TAIL_NUMBERS * 8 > view.byteLength) return null;
  const values = TAIL.map((name, at) => [name, view.getFloat64(offset + at * 8, true)]);
  const tail = Object.fromEntries(values);
  return tail.time > 0 && isTime(tail.time) ? tail : null;
}

const isTime = (time) => Math.abs(time) < 8.64e15;

/** One black box, as it was when it was read. */
class Blackbox {
  #view;

  /** @param {{ path: string, info: object, metrics: string[], layout: object, bytes: Buffer }} read */
  constructor({ path, info, metrics, layout, bytes }) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const events = textsOf(this.#view, layout.events);
    /** The file. */
    this.path = path;
    /** What the header tells of the process: null for what is not known. */
    this.info = info;
    /** Names of the readings, in the order of the values of a row. */
    this.metrics = metrics;
    this.layout = layout;
    /** Steps in ms and slots, finest first. */
    this.tiers = layout.tiers.map(({ step, slots }) => ({ step, slots }));
    /** What the addon wrote last, also while JavaScript was stuck; null without the addon. */
    this.tail = tailOf(this.#view, layout.tail);
    /** The last events, oldest first: `{ time, text }`. */
    this.events = events.texts.filter(({ time }) => isTime(time));
    /** How it ended by itself: `{ time, text }`, or null. */
    this.end = textsOf(this.#view, layout.end).texts.find(({ time }) => isTime(time)) ?? null;
    /** Whether a later process has told of it. */
    this.reported = bytes[layout.mark.offset] === 1;
    /** Slots that were only half written. */
    this.damaged = layout.tiers.reduce(
      (sum, ring) => sum + slotsOf(this.#view, ring).damaged,
      events.damaged,
    );
    /** When it was written last, in ms since the epoch; null where that is unknown. */
    this.lastSeen = this.#lastSeen();
  }

  #lastSeen() {
    const written = [this.end, this.tail, this.newestRow].filter(Boolean).map(({ time }) => time);
    const [newest] = written.sort((a, b) => b - a);
    return newest ?? this.events.at(-1)?.time ?? this.info.startedAt;
  }

  /** The last reading: `{ time, values }`, or null. */
  get newestRow() {
    return [...this.#rowsOf(0, -1)].at(-1) ?? null;
  }

  /**
   * The readings of a tier, oldest first.
   *
   * @param {number} tier
   * @returns {IterableIterator<{ time: number, values: Float64Array }>}
   */
  rows(tier) {
    return this.#rowsOf(tier, 0);
  }

  *#rowsOf(tier, first) {
    const ring = this.layout.tiers[tier];
    for (const { from } of slotsOf(this.#view, ring).found.slice(first)) {
      const values = new Float64Array(this.metrics.length);
      for (let at = 0; at < values.length; at++) {
        values[at] = this.#view.getFloat64(from + SLOT_HEAD + 8 * at, true);
      }
      if (isTime(values[0])) yield { time: values[0], values };
    }
  }
}

/**
 * Reads a black box, also while its process lives.
 *
 * @param {string} path
 * @returns {Promise<Blackbox>}
 * @throws {RsprofError} INVALID_BLACKBOX for what is none; NOT_FOUND, ACCESS, IS_DIRECTORY, IO
 */
async function readBlackbox(path) {
  let handle;
  try {
    // A pipe would wait for its writer for ever.
    handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    return new Blackbox({ path, ...(await readFile(path, handle)) });
  } catch (error) {
    throw fromSystemError(error, 'read', path);
  } finally {
    await handle?.close();
  }
}

module.exports = { Blackbox, readBlackbox };
