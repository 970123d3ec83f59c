'use strict';

/**
 * Writes the readings of a thread to its black box, as they are taken: whatever happens next, they are there.
 *
 * @module
 */

const { log } = require('../../diagnostics.js');
const { onExit } = require('../../exit.js');
const { WIDTH } = require('../metrics.js');
const { writeNow } = require('./file-sink.js');
const { SLOT_HEAD, encodeHeader, encodeText, layoutOf, seal } = require('./format.js');

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** One row as a slot, in bytes that are used again and again. */
class RowSlot {
  constructor() {
    this.bytes = new Uint8Array(SLOT_HEAD + 8 * WIDTH);
    this.view = new DataView(this.bytes.buffer);
    this.row = new Float64Array(this.bytes.buffer, SLOT_HEAD);
  }

  seal(sequence) {
    if (!IS_LITTLE_ENDIAN) this.#swap();
    seal(this.view, sequence);
  }

  #swap() {
    for (let index = 0; index < WIDTH; index++) {
      this.view.setFloat64(SLOT_HEAD + 8 * index, this.row[index], true);
    }
  }
}

class BlackboxWriter {
  #path;
  #history;
  #sink;
  #clock;
  #layout;
  #written;
  #slot = new RowSlot();
  #events = 0;
  #error = null;
  #isOver = false;
  #forget;

  /**
   * Writes the header.
   *
   * @param {object} how
   * @param {string} how.path absolute, of the file the sink writes
   * @param {import('../history.js').History} how.history whose tiers are kept; the rows of {@link add} are in
   *   it already
   * @param {{ write(offset: number, bytes: Uint8Array): void, close?(): void }} how.sink has the whole file
   *   (`layoutOf(history.tiers).bytes`), empty; copies what it does not write at once
   * @param {object} how.info pid, threadId, host, ...: what the header tells
   * @param {() => number} [how.clock] ms since the epoch
   * @throws what the sink throws
   */
  constructor({ path, history, sink, info, clock = Date.now }) {
    this.#path = path;
    this.#history = history;
    this.#sink = sink;
    this.#clock = clock;
    this.#layout = layoutOf(history.tiers);
    this.#written = new Uint32Array(history.tiers.length);
    sink.write(0, encodeHeader(info, this.#layout));
    this.#forget = onExit(() => this.#exit());
  }

  /** The file. */
  get path() {
    return this.#path;
  }

  /** Why nothing is written any more, or null. */
  get error() {
    return this.#error;
  }

  /** Adds the row that the history was given last. Never throws, and allocates nothing. */
  add(row) {
    this.#slot.row.set(row);
    this.#put(0, ++this.#written[0]);
    for (let tier = 1; tier < this.#written.length; tier++) {
      if (this.#history.added(tier) > this.#written[tier]) this.#addFrom(tier);
    }
  }

  /** A row of a coarser tier is finished now and then. */
  #addFrom(tier) {
    this.#written[tier] = this.#history.added(tier);
    this.#history.copyNewest(tier, this.#slot.row, 0);
    this.#put(tier, this.#written[tier]);
  }

  #put(tier, sequence) {
    const { offset, slots, slotBytes } = this.#layout.tiers[tier];
    this.#slot.seal(sequence);
    this.#write(offset + ((sequence - 1) % slots) * slotBytes, this.#slot.bytes);
  }

  /** Keeps a text of the last ones, with its time. Never throws. */
  event(text) {
    const { offset, slots, slotBytes } = this.#layout.events;
    const at = offset + (this.#events % slots) * slotBytes;
    this.#write(at, encodeText(++this.#events, this.#clock(), String(text)));
  }

  /** Says how it ended, and writes nothing after that. Never throws; harmless to call twice. */
  end(text) {
    if (this.#isOver) return;
    const { offset } = this.#layout.end;
    const bytes = encodeText(1, this.#clock(), String(text));
    try {
      // The sink may have a thread of its own that nobody waits for.
      writeNow(this.#path, offset, bytes);
    } catch {
      this.#write(offset, bytes);
    }
    this.#close();
  }

  #exit() {
    this.end(`exit code ${process.exitCode ?? 0}`);
  }

  #write(offset, bytes) {
    if (this.#isOver) return;
    try {
      this.#sink.write(offset, bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A box that cannot be written is no reason to disturb the program. */
  #fail(error) {
    this.#error ??= error;
    log('black box %s: %s', this.#path, error?.message);
    this.#close();
  }

  #close() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    try {
      this.#sink.close?.();
    } catch (error) {
      this.#error ??= error;
    }
  }
}

module.exports = { BlackboxWriter };
