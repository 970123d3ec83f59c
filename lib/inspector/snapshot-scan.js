'use strict';

/**
 * Reads a heap snapshot as it streams by, in pieces of any size: validates it, counts classes, and
 * where asked writes it again without the program's values.
 *
 * Every byte is looked at once and nothing of the graph is kept.
 *
 * @module
 */

const { ByteWriter } = require('./byte-writer.js');
const { EdgeRows, NodeRows, TraceFunctionRows } = require('./graph-rows.js');
const { Redactor } = require('./redactor.js');
const { invalidSnapshot } = require('./snapshot-error.js');
const { parseLayout } = require('./snapshot-layout.js');
const { StringTable } = require('./string-table.js');
const { StringUses } = require('./string-uses.js');
const { ValueSkipper } = require('./value-skipper.js');

// Between the values of the outer object: what comes next.
const DOCUMENT = 0;
const FIRST_KEY = 1; // or `}`
const KEY = 2;
const IN_KEY = 3;
const COLON = 4;
const VALUE = 5;
const NEXT = 6; // `,` or `}`
const END = 7;

const QUOTE = 34;
const COMMA = 44;
const COLON_BYTE = 58;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Values that need the header and come before the strings. */
const KNOWN = new Set(['nodes', 'edges', 'trace_function_infos', 'strings']);

const isSpace = (byte) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/** The header takes 1.5 KB. */
const MOST_HEADER_BYTES = 1_048_576;
const MOST_KEY_BYTES = 256;

class SnapshotScanner {
  #state = DOCUMENT;
  #offset = 0;
  #key = '';
  #seen = new Set();
  #section = null;
  #header = null;
  #layout = null;
  #uses;
  #out;
  #redactKey;
  #rows;
  /** What read the value of each known key. */
  #tables = new Map();

  /**
   * @param {object} [options]
   * @param {Buffer|null} [options.redactKey] 16 bytes: redact, see {@link SnapshotScanner#take}
   * @param {{ nodes: Function, edges: Function }} [options.rows] classes that read the two arrays
   */
  constructor({ redactKey = null, rows = { nodes: NodeRows, edges: EdgeRows } } = {}) {
    this.#redactKey = redactKey;
    this.#rows = rows;
    this.#uses = new StringUses(redactKey !== null);
    this.#out = redactKey === null ? null : new ByteWriter(4096);
  }

  /** Bytes read. */
  get offset() {
    return this.#offset;
  }

  /** Redacted bytes that wait for {@link SnapshotScanner#take}. */
  get pending() {
    return this.#out.length;
  }

  /** What read the nodes; undefined before them. */
  get nodes() {
    return this.#tables.get('nodes');
  }

  /**
   * @param {Buffer} buffer
   * @param {number} [start]
   * @param {number} [end]
   * @throws {import('../errors.js').RsprofError} `ERR_RSPROF_INVALID_SNAPSHOT`
   */
  write(buffer, start = 0, end = buffer.length) {
    const base = this.#offset - start;
    let i = start;
    while (i < end) {
      if (this.#section) i = this.#readSection(buffer, i, end, base);
      else i = this.#readBetween(buffer, i, base);
    }
    this.#offset = base + end;
  }

  /**
   * Takes the redacted bytes that cannot change any more.
   *
   * @param {Buffer} spare an empty buffer for the bytes to come
   * @returns {Buffer} the bytes; the memory belongs to the caller
   */
  take(spare) {
    const out = this.#out;
    const count = this.#section?.heldFrom?.() ?? out.length;
    const { buffer, length } = out;
    out.buffer = spare;
    out.length = 0;
    out.append(buffer, count, length);
    this.#section?.moved?.(count);
    return buffer.subarray(0, count);
  }

  /**
   * No more bytes: is the snapshot whole?
   *
   * @returns {{ nodeCount: number, edgeCount: number, topClasses: { name: string, count: number, selfSize: number }[] }}
   * @throws {import('../errors.js').RsprofError} `ERR_RSPROF_INVALID_SNAPSHOT`
   */
  end() {
    if (this.#state !== END) throw this.#invalid('it ends in the middle', this.#offset);
    if (!this.#tables.has('strings')) throw this.#invalid('it has no strings', this.#offset);
    const { nodeCount, edgeCount } = this.#layout;
    return { nodeCount, edgeCount, topClasses: this.#tables.get('nodes').census.top() };
  }

  #readSection(buffer, start, end, base) {
    const section = this.#section;
    const i = section.read(buffer, start, end, base);
    if (this.#header && this.#header.length > MOST_HEADER_BYTES) {
      throw this.#invalid('its header does not end', base + i);
    }
    if (section.done) this.#finishSection(section, base + i);
    return i;
  }

  #finishSection(section, offset) {
    if (this.#header) this.#finishHeader(offset);
    else section.check?.(offset);
    if (section === this.#tables.get('strings')) this.#uses.check(section.count, offset);
    this.#section = null;
    this.#state = NEXT;
  }

  #finishHeader(offset) {
    this.#out?.append(this.#header.buffer, 0, this.#header.length);
    this.#layout = parseLayout(this.#header.filled().toString('utf8'), offset);
    this.#header = null;
  }

  /** One byte between values. Bytes of values are left to their section. */
  #readBetween(buffer, i, base) {
    const byte = buffer[i];
    if (this.#state === IN_KEY) this.#readKey(byte, base + i);
    else if (!isSpace(byte)) {
      if (this.#state === VALUE) {
        this.#section = this.#sectionOf(this.#key, base + i);
        return i;
      }
      this.#state = this.#after(byte, base + i);
    }
    this.#out?.byte(byte);
    return i + 1;
  }

  /** The state after `byte`, which is no space. */
  #after(byte, offset) {
    const state = this.#state;
    if (byte === QUOTE && (state === KEY || state === FIRST_KEY)) {
      this.#key = '';
      return IN_KEY;
    }
    if (byte === OPEN_OBJECT && state === DOCUMENT) return FIRST_KEY;
    if (byte === COLON_BYTE && state === COLON) return VALUE;
    if (byte === COMMA && state === NEXT) return KEY;
    if (byte === CLOSE_OBJECT && (state === NEXT || state === FIRST_KEY)) return END;
    throw this.#invalid(`byte ${byte} is out of place`, offset);
  }

  #readKey(byte, offset) {
    if (byte === QUOTE) this.#state = COLON;
    else this.#key += String.fromCharCode(byte);
    // A backslash too: V8's keys need none.
    if (byte === 92 || this.#key.length > MOST_KEY_BYTES)
      throw this.#invalid('a key makes no sense', offset);
  }

  /** What reads the value of `key`. */
  #sectionOf(key, offset) {
    if (this.#seen.has(key)) throw this.#invalid(`there are two "${key}"`, offset);
    this.#seen.add(key);
    const known = KNOWN.has(key);
    if (known && (!this.#layout || this.#tables.has('strings'))) throw this.#misplaced(key, offset);
    const hasGraph = this.#tables.has('nodes') && this.#tables.has('edges');
    if (key === 'strings' && !hasGraph) throw this.#misplaced(key, offset);
    return known ? this.#open(key) : this.#skip(key);
  }

  #misplaced(key, offset) {
    return this.#invalid(`"${key}" stands in the wrong place`, offset);
  }

  #skip(key) {
    if (key !== 'snapshot') return new ValueSkipper(this.#out);
    this.#header = new ByteWriter(4096);
    return new ValueSkipper(this.#header);
  }

  #open(key) {
    const section = this.#make(key);
    this.#tables.set(key, section);
    return section;
  }

  #make(key) {
    const layout = this.#layout;
    const uses = this.#uses;
    const out = this.#out;
    if (key === 'nodes') return new this.#rows.nodes(layout, uses, out);
    if (key === 'edges') return new this.#rows.edges(layout, uses, out);
    if (key === 'strings') return this.#makeStrings();
    const described = layout.traceFunction.count > 0;
    return described ? new TraceFunctionRows(layout, uses, out) : new ValueSkipper(out);
  }

  #makeStrings() {
    const redactor = this.#out && new Redactor(this.#redactKey, this.#uses, this.#out);
    return new StringTable(this.#tables.get('nodes').census, redactor, this.#out);
  }

  #invalid(what, offset) {
    return invalidSnapshot(what, offset);
  }
}

module.exports = { SnapshotScanner };
