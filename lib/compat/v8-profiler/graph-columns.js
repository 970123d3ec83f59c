'use strict';

/**
 * V8's snapshot text, read as it comes, as columns.
 *
 * V8 writes one order of sections, on every version: the header, nodes, edges, what only numbers are in, and
 * strings last.
 *
 * @module
 */

const { RsprofError } = require('../../errors.js');
const { NumberRows } = require('./number-rows.js');
const { TextTable } = require('./text-table.js');

const NODES = '"nodes":[';
const EDGES = '"edges":[';
const STRINGS = '"strings":[';
/** Enough for any header: some kilobytes are usual. */
const MOST_HEADER_BYTES = 1 << 20;

/** Kinds of edges whose name is a number: elements and hidden ones. */
const NUMBERED = new Set([1, 4]);

function invalid(detail) {
  return new RsprofError(
    'ERR_RSPROF_INVALID_SNAPSHOT',
    `V8 wrote an invalid heap snapshot: ${detail}`,
  );
}

/** Reads up to a marker, which may lie across two blocks. */
class Gap {
  text = '';

  constructor(marker, most = marker.length) {
    this.marker = marker;
    this.most = most;
  }

  /** @returns {number} where the rest of `bytes` begins; -1 where the marker has not come yet */
  read(bytes, start) {
    const before = this.text.length;
    this.text += bytes.latin1Slice(start);
    const found = this.text.indexOf(this.marker);
    if (found < 0) {
      this.#forget();
      return -1;
    }
    this.text = this.text.slice(0, found);
    return start + found + this.marker.length - before;
  }

  /** Keeps what the marker may begin in, or all of a header. */
  #forget() {
    if (this.text.length <= this.most) return;
    if (this.most > this.marker.length) throw invalid('its header does not end');
    this.text = this.text.slice(-this.marker.length);
  }
}

class GraphColumns {
  #sections;
  #section;
  #meta;
  #nodes;
  #edges;
  #strings = new TextTable();

  constructor() {
    this.#sections = this.#read();
    this.#section = this.#sections.next().value;
  }

  /** The sections in their order: each reads until it has answered where the next one begins. */
  *#read() {
    const header = new Gap(NODES, MOST_HEADER_BYTES);
    yield header;
    this.#open(header.text);
    yield this.#nodes.rows;
    yield new Gap(EDGES);
    yield this.#edges.rows;
    yield new Gap(STRINGS);
    yield this.#strings;
  }

  #open(header) {
    const { snapshot } = JSON.parse(`${header.trim().replace(/,$/, '')}}`);
    this.#meta = snapshot.meta;
    this.nodeCount = snapshot.node_count;
    this.#nodes = this.#nodeColumns(snapshot.node_count);
    this.#edges = this.#edgeColumns(snapshot.edge_count);
  }

  #nodeColumns(count) {
    const fields = this.#meta.node_fields;
    const columns = {
      type: new Uint8Array(count),
      name: new Uint32Array(count),
      id: new Uint32Array(count),
      self_size: new Float64Array(count),
      edge_count: new Uint32Array(count),
    };
    return { ...columns, rows: new NumberRows(fields.map((field) => columns[field])) };
  }

  #edgeColumns(count) {
    const columns = {
      type: new Uint8Array(count),
      name_or_index: new Uint32Array(count),
      to_node: new Uint32Array(count),
    };
    const fields = this.#meta.edge_fields;
    return { ...columns, rows: new NumberRows(fields.map((field) => columns[field])) };
  }

  /** @param {Buffer} bytes */
  write(bytes) {
    let start = 0;
    while (start >= 0 && start < bytes.length && this.#section) {
      start = this.#section.read(bytes, start);
      if (start >= 0) this.#section = this.#sections.next().value;
    }
  }

  /** @throws {RsprofError} `ERR_RSPROF_INVALID_SNAPSHOT` */
  finish() {
    if (this.#section) throw invalid('it ends in the middle');
    const edges = this.#nodes.edge_count.reduce((sum, count) => sum + count, 0);
    if (!this.#nodes.rows.full || !this.#edges.rows.full || edges !== this.#edges.type.length) {
      throw invalid('its tables do not have the length that its header says');
    }
    this.#strings.finish();
    this.#sumUp();
  }

  /** From numbers of edges to places of the first ones; targets from offsets to places. */
  #sumUp() {
    let first = 0;
    const { edge_count } = this.#nodes;
    for (let place = 0; place < edge_count.length; place++) {
      const count = edge_count[place];
      edge_count[place] = first;
      first += count;
    }
    const width = this.#meta.node_fields.length;
    const { to_node } = this.#edges;
    for (let edge = 0; edge < to_node.length; edge++) to_node[edge] /= width;
  }

  maxObjectId() {
    // Objects of JavaScript have odd ids.
    return this.#nodes.id.reduce((most, id) => (id % 2 === 1 && id > most ? id : most), 0);
  }

  placesById() {
    const places = new Map();
    for (const [place, id] of this.#nodes.id.entries()) places.set(id, place);
    return places;
  }

  node(place) {
    const { type, name, id, self_size } = this.#nodes;
    if (!(place < this.nodeCount)) return null;
    return [type[place], this.#strings.at(name[place]), id[place], self_size[place]];
  }

  edges(place) {
    const { type, name_or_index, to_node } = this.#edges;
    const { edge_count } = this.#nodes;
    const row = [];
    const end = edge_count[place + 1] ?? type.length;
    for (let edge = edge_count[place]; edge < end; edge++) {
      const name = name_or_index[edge];
      row.push(type[edge], NUMBERED.has(type[edge]) ? name : this.#strings.at(name), to_node[edge]);
    }
    return row;
  }
}

module.exports = { GraphColumns };
