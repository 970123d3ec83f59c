'use strict';

/**
 * The three arrays of a heap snapshot that hold string indices: nodes, edges, traced functions.
 *
 * In redacted output string `i` is `2 * i` where it names something and `2 * i + 1` where it is a value.
 *
 * @module
 */

const { Census } = require('./census.js');
const { IntegerRows } = require('./integer-rows.js');
const { invalidSnapshot } = require('./snapshot-error.js');
const { AS_NAME, AS_VALUE } = require('./string-uses.js');

/** `[type, name, id, self_size, edge_count, ...]` a node. */
class NodeRows extends IntegerRows {
  #edges = 0;

  /**
   * @param {import('./snapshot-layout.js').Layout} layout
   * @param {import('./string-uses.js').StringUses} uses
   * @param {import('./byte-writer.js').ByteWriter|null} out
   */
  constructor(layout, uses, out) {
    super({ name: 'nodes', fieldCount: layout.node.count, out, rewrites: [layout.node.name] });
    this.layout = layout;
    this.uses = uses;
    this.census = new Census(layout.nodeTypes);
    this.isValue = layout.nodeIsValue;
    this.typeField = layout.node.type;
    this.nameField = layout.node.name;
    this.sizeField = layout.node.selfSize;
    this.edgesField = layout.node.edgeCount;
  }

  rewritten(_field, name, row) {
    return 2 * name + this.isValue[row[this.typeField]];
  }

  onRow(row, offset) {
    const type = row[this.typeField];
    const name = row[this.nameField];
    const size = row[this.sizeField];
    if (type >= this.isValue.length) throw this.invalid('a node has an unknown type', offset);
    this.#edges += row[this.edgesField];
    this.uses.note(name, this.#use(type, size), offset);
    this.census.add(type, name, size);
  }

  #use(type, size) {
    if (this.isValue[type] === 0) return AS_NAME;
    // V8's own text for a number, known only now: an even number's last digit is one less.
    if (size !== 0 || type !== this.layout.stringType) return AS_VALUE;
    if (this.out) this.out.buffer[this.rewrittenEnd]--;
    return AS_NAME;
  }

  /** All rows were read: do the counts agree? */
  check(offset) {
    const { nodeCount, edgeCount } = this.layout;
    if (this.count !== nodeCount) {
      throw invalidSnapshot(`it claims ${nodeCount} nodes and has ${this.count}`, offset);
    }
    if (this.#edges !== edgeCount) {
      throw invalidSnapshot(`it claims ${edgeCount} edges and its nodes ${this.#edges}`, offset);
    }
    this.census.close();
  }
}

/** `[type, name_or_index, to_node]` an edge. */
class EdgeRows extends IntegerRows {
  /** See {@link NodeRows}. */
  constructor(layout, uses, out) {
    super({ name: 'edges', fieldCount: layout.edge.count, out, rewrites: [layout.edge.name] });
    this.layout = layout;
    this.uses = uses;
    this.hasName = layout.edgeHasName;
    this.typeField = layout.edge.type;
    this.nameField = layout.edge.name;
    this.targetField = layout.edge.toNode;
    this.nodeFields = layout.node.count;
    this.targetEnd = layout.nodeCount * layout.node.count;
  }

  rewritten(_field, name, row) {
    return this.hasName[row[this.typeField]] === 0 ? name : 2 * name;
  }

  onRow(row, offset) {
    const type = row[this.typeField];
    const target = row[this.targetField];
    if (type >= this.hasName.length) throw this.invalid('an edge has an unknown type', offset);
    if (target >= this.targetEnd || target % this.nodeFields !== 0) {
      throw this.invalid(`an edge ends at ${target}, where no node begins`, offset);
    }
    if (this.hasName[type] !== 0) this.uses.note(row[this.nameField], AS_NAME, offset);
  }

  /** All rows were read: does the count agree? */
  check(offset) {
    const { edgeCount } = this.layout;
    if (this.count === edgeCount) return;
    throw invalidSnapshot(`it claims ${edgeCount} edges and has ${this.count}`, offset);
  }
}

/** `[function_id, name, script_name, ...]` a function. Its count in the header is too small: not checked. */
class TraceFunctionRows extends IntegerRows {
  /** See {@link NodeRows}. */
  constructor(layout, uses, out) {
    const { count, names } = layout.traceFunction;
    super({ name: 'trace_function_infos', fieldCount: count, out, rewrites: names });
    this.uses = uses;
    this.names = names;
  }

  rewritten(_field, name) {
    return 2 * name;
  }

  onRow(row, offset) {
    for (const field of this.names) this.uses.note(row[field], AS_NAME, offset);
  }

  check() {}
}

module.exports = { EdgeRows, NodeRows, TraceFunctionRows };
