'use strict';

/**
 * An array of integers that stands for rows of a fixed number of fields: `[1,2,3\n,4,5,6]`.
 *
 * The loop is the hot one of the whole back end: no number becomes a string, no row an object.
 *
 * @module
 */

const { writeDecimal } = require('./byte-writer.js');
const { invalidSnapshot } = require('./snapshot-error.js');

// What the last byte was. A digit may follow up to DIGITS, a comma from DIGITS to GAP.
const OPENED = 0; // `[`
const COMMA_READ = 1;
const DIGITS = 2;
const GAP = 3; // space after a number
const UNOPENED = 4;

const COMMA = 44;
const OPEN = 91;
const CLOSE = 93;

/** Largest integer V8 writes: a size_t. */
const LARGEST = 2 ** 64;

/** Digits of it, a separator, and some. */
const SLACK = 64;

const isSpace = (byte) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** Reads rows; subclasses say what a row means. */
class IntegerRows {
  /** Whether the closing bracket was read. */
  done = false;
  /** Rows read. */
  count = 0;

  /**
   * @param {object} options
   * @param {string} options.name of the array, for messages
   * @param {number} options.fieldCount fields a row
   * @param {import('./byte-writer.js').ByteWriter|null} options.out where the bytes go; null: nowhere
   * @param {number[]} [options.rewrites] fields that {@link IntegerRows#rewritten} replaces in `out`
   */
  constructor({ name, fieldCount, out, rewrites = [] }) {
    this.name = name;
    this.out = out;
    this.fieldCount = fieldCount;
    this.row = new Float64Array(fieldCount);
    this.kept = Array.from(this.row, (_, field) => out !== null && !rewrites.includes(field));
    this.state = UNOPENED;
    this.value = 0;
    this.field = 0;
    /** Index in `out` of the last digit that was rewritten: {@link onRow} may still change it. */
    this.rewrittenEnd = 0;
  }

  /** A row is complete; `offset` is that of its end in the snapshot. */
  onRow(_row, _offset) {}

  /** What `out` gets in place of `value`. The fields before `field` are in `row`. */
  rewritten(_field, value, _row) {
    return value;
  }

  /**
   * @param {Buffer} buffer
   * @param {number} start first byte to read
   * @param {number} end
   * @param {number} base offset of `buffer[0]` in the snapshot
   * @returns {number} the index after the last byte read: `end`, or after the closing bracket
   */
  read(buffer, start, end, base) {
    const { row, fieldCount, kept, out } = this;
    // No rewritten number is more than one digit longer.
    out?.ensure(2 * (end - start) + SLACK);
    const copying = out !== null;
    const to = copying ? out.buffer : row;
    let at = copying ? out.length : 0;
    let { state, value, field } = this;
    let keep = kept[field];
    let i = start;
    for (; i < end; i++) {
      const byte = buffer[i];
      const digit = byte ^ 48;
      if (digit < 10 && state <= DIGITS) {
        value = value * 10 + digit;
        state = DIGITS;
        if (keep) to[at++] = byte;
      } else if ((byte === COMMA || byte === CLOSE) && (state === DIGITS || state === GAP)) {
        if (copying) {
          if (!keep) {
            at = writeDecimal(to, at, this.rewritten(field, value, row));
            this.rewrittenEnd = at - 1;
          }
          to[at++] = byte;
        }
        if (value > LARGEST) throw this.invalid('a number is too large', base + i);
        row[field] = value;
        value = 0;
        state = COMMA_READ;
        if (++field === fieldCount) {
          field = 0;
          this.count++;
          this.onRow(row, base + i);
        }
        keep = kept[field];
        if (byte === CLOSE) {
          this.close(field, base + i++);
          break;
        }
      } else {
        state = this.turn(state, byte, base + i);
        if (copying) to[at++] = byte;
        if (this.done) {
          i++;
          break;
        }
      }
    }
    if (copying) out.length = at;
    this.state = state;
    this.value = value;
    this.field = field;
    return i;
  }

  /** The rare bytes: brackets around nothing, white space, damage. */
  turn(state, byte, offset) {
    if (isSpace(byte)) return state === DIGITS ? GAP : state;
    if (byte === OPEN && state === UNOPENED) return OPENED;
    if (byte !== CLOSE || state !== OPENED)
      throw this.invalid(`byte ${byte} is no part of it`, offset);
    this.done = true;
    return state;
  }

  /** Index in `out` from which bytes may still change. */
  heldFrom() {
    return this.field === 0 || this.rewrittenEnd < 0 ? this.out.length : this.rewrittenEnd;
  }

  /** `out` gave its first `count` bytes away. */
  moved(count) {
    this.rewrittenEnd -= count;
  }

  close(field, offset) {
    if (field !== 0) throw this.invalid('it ends inside a row', offset);
    this.done = true;
  }

  invalid(what, offset) {
    return invalidSnapshot(`in "${this.name}" ${what}`, offset);
  }
}

module.exports = { IntegerRows };
