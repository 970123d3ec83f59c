'use strict';

/**
 * How a black box lies in its file, whose size never changes:
 *
 * - header, 4096 bytes: JSON, padded with spaces. It tells where everything else is, and the names of the
 *   metrics, so that later versions can read it.
 * - tail: 16 float64 that the addon writes while JavaScript may be stuck.
 * - mark: one byte, 1 once a later process has told of it.
 * - end: one slot, written when the process ends by itself.
 * - events: a ring of slots with texts. A text slot is the time (float64), the length in bytes (uint16), UTF-8.
 * - tiers: a ring of slots for each tier of the history. Such a slot is a row of float64.
 *
 * A slot begins with a sequence number (uint32, from 1; 0 is empty) and a checksum (int32) of the rest: the
 * numbers give the order, the checksum tells a slot whose writer died halfway. Everything is little-endian.
 *
 * @module
 */

const { METRICS, WIDTH } = require('../metrics.js');

const FORMAT = 'rsprof-blackbox/1';

const HEADER_BYTES = 4096;
const SLOT_HEAD = 8;
const TEXT_SLOT = 256;
const TEXT_HEAD = SLOT_HEAD + 10;
const TEXT_SLOTS = 64;
const TAIL_NUMBERS = 16;

/** What the numbers of the tail are; the others are 0. */
const TAIL = Object.freeze([
  'time',
  'rss',
  'memoryUsed',
  'memoryLimit',
  'cpu',
  'readAt',
  'heapUsed',
  'heapLimit',
  'heapFloor',
  'floorTime',
  'gcPause',
]);

/**
 * Where everything is.
 *
 * @param {readonly { step: number, slots: number }[]} tiers of the history
 * @param {number} [width] numbers of a row
 */
function layoutOf(tiers, width = WIDTH) {
  let bytes = HEADER_BYTES;
  const take = (count) => {
    const offset = bytes;
    // What the addon writes and what is marked later keep to themselves.
    bytes += Math.ceil(count / 128) * 128;
    return offset;
  };
  const tail = { offset: take(TAIL_NUMBERS * 8), numbers: TAIL_NUMBERS };
  const mark = { offset: take(1) };
  const end = { offset: take(TEXT_SLOT), slots: 1, slotBytes: TEXT_SLOT };
  const texts = TEXT_SLOTS * TEXT_SLOT;
  const events = { offset: take(texts), slots: TEXT_SLOTS, slotBytes: TEXT_SLOT };
  const slotBytes = SLOT_HEAD + 8 * width;
  const rings = tiers.map(({ step, slots }) => ({
    offset: take(slots * slotBytes),
    slots,
    slotBytes,
    step,
  }));
  return { bytes, tail, mark, end, events, tiers: rings };
}

/** What may be a little long is cut, so that the header always fits. */
const short = (text) => String(text).slice(0, 256);

/**
 * The bytes of the header.
 *
 * @param {object} info pid, threadId, host and so on: numbers and short texts
 * @param {object} layout of {@link layoutOf}
 * @returns {Uint8Array}
 */
function encodeHeader(info, layout) {
  const known = Object.entries(info).map(([name, value]) => [
    name,
    typeof value === 'string' ? short(value) : value,
  ]);
  const metrics = METRICS.map(({ name }) => name);
  const text = JSON.stringify({ format: FORMAT, ...Object.fromEntries(known), layout, metrics });
  const bytes = new Uint8Array(HEADER_BYTES).fill(0x20);
  const encoded = Buffer.from(text);
  if (encoded.length >= HEADER_BYTES)
    throw new RangeError('the header of the black box is too long');
  bytes.set(encoded);
  bytes[HEADER_BYTES - 1] = 0x0a;
  return bytes;
}

/** FNV-1a over words of 32 bits: the sequence number and what follows the checksum. */
function checksum(view, from, slotBytes) {
  let hash = step(-2128831035, view.getInt32(from, true));
  for (let at = SLOT_HEAD; at < slotBytes; at += 4) {
    hash = step(hash, view.getInt32(from + at, true));
  }
  // The upper bits change most.
  return hash ^ (hash >>> 15);
}

const step = (hash, word) => Math.imul(hash ^ word, 16777619);

/** Gives the slot at the beginning of `view` its number and its checksum. */
function seal(view, sequence) {
  view.setUint32(0, sequence, true);
  view.setInt32(4, checksum(view, 0, view.byteLength), true);
}

/**
 * The sequence number of the slot at `from`: 0 where it is empty, -1 where it is damaged or stands where
 * that number has no place.
 */
function sequenceAt(view, from, { slotBytes, slots }, position) {
  const sequence = view.getUint32(from, true);
  if (sequence === 0) return 0;
  if ((sequence - 1) % slots !== position) return -1;
  return checksum(view, from, slotBytes) === view.getInt32(from + 4, true) ? sequence : -1;
}

/** How much of `bytes` fits without cutting a character. */
function wholeCharacters(bytes, most) {
  if (bytes.length <= most) return bytes.length;
  let length = most;
  while (length > 0 && (bytes[length] & 0xc0) === 0x80) length--;
  return length;
}

/** A text with its time as a slot; what is too long is cut. */
function encodeText(sequence, time, text) {
  const slot = new Uint8Array(TEXT_SLOT);
  const view = new DataView(slot.buffer);
  const bytes = Buffer.from(text.slice(0, TEXT_SLOT));
  const length = wholeCharacters(bytes, TEXT_SLOT - TEXT_HEAD);
  view.setFloat64(SLOT_HEAD, time, true);
  view.setUint16(SLOT_HEAD + 8, length, true);
  slot.set(bytes.subarray(0, length), TEXT_HEAD);
  seal(view, sequence);
  return slot;
}

/** The time and the text of the slot at `from`, which is whole. */
function decodeText(view, from, slotBytes) {
  const length = Math.min(view.getUint16(from + SLOT_HEAD + 8, true), slotBytes - TEXT_HEAD);
  const bytes = Buffer.from(view.buffer, view.byteOffset + from + TEXT_HEAD, length);
  return { time: view.getFloat64(from + SLOT_HEAD, true), text: bytes.toString('utf8') };
}

module.exports = {
  FORMAT,
  HEADER_BYTES,
  SLOT_HEAD,
  TAIL,
  TAIL_NUMBERS,
  TEXT_HEAD,
  decodeText,
  encodeHeader,
  encodeText,
  layoutOf,
  seal,
  sequenceAt,
};
