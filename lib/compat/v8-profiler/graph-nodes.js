'use strict';

/**
 * Nodes and edges of a snapshot as objects, made when they are asked for.
 *
 * The same node is the same object for as long as somebody has it; nobody else keeps it.
 *
 * @module
 */

/** By V8's number; what has none is `Hidden`. */
const NODE_TYPES = [
  'Hidden',
  'Array',
  'String',
  'Object',
  'Code',
  'Closure',
  'RegExp',
  'HeapNumber',
  'Native',
  'Synthetic',
  'ConsString',
  'SlicedString',
];

const EDGE_TYPES = [
  'ContextVariable',
  'Element',
  'Property',
  'Internal',
  'Hidden',
  'Shortcut',
  'Weak',
];

const nodeType = (kind) => NODE_TYPES[kind] ?? 'Hidden';

class GraphNode {
  #nodes;
  #place;

  constructor(nodes, place, [kind, name, id, size]) {
    this.#nodes = nodes;
    this.#place = place;
    Object.defineProperty(this, 'children', GraphNode.#CHILDREN);
    this.type = nodeType(kind);
    this.name = name;
    this.id = id;
    this.shallowSize = size;
  }

  static #CHILDREN = {
    get() {
      return this.#nodes.edgesOf(this, this.#place);
    },
    enumerable: true,
    configurable: true,
  };
}

class GraphEdge {
  #nodes;
  #place;

  constructor(nodes, kind, name, from, place) {
    this.#nodes = nodes;
    this.#place = place;
    this.type = EDGE_TYPES[kind] ?? 'Undefined';
    this.name = name;
    this.from = from;
    Object.defineProperty(this, 'to', GraphEdge.#TO);
  }

  static #TO = {
    get() {
      return this.#nodes.at(this.#place);
    },
    enumerable: true,
    configurable: true,
  };
}

class GraphNodes {
  #graph;

  /** @param {object} graph see native-graph.js */
  constructor(graph) {
    this.#graph = graph;
  }

  /** @returns {GraphNode|undefined} */
  at(place) {
    if (place < 0 || place >= this.#graph.nodeCount) return undefined;
    const known = this.#graph.object(place);
    if (known) return known;
    const row = this.#graph.node(place);
    if (!row) return undefined;
    const node = new GraphNode(this, place, row);
    this.#graph.setObject(place, node);
    return node;
  }

  /** @returns {GraphNode|undefined} */
  byId(id) {
    return this.at(this.#graph.placeOf(id >>> 0));
  }

  /** @returns {GraphEdge[]} new ones each time */
  edgesOf(node, place) {
    const row = this.#graph.edges(place);
    return Array.from({ length: row.length / 3 }, (_, index) => {
      const [kind, name, to] = [row[3 * index], row[3 * index + 1], row[3 * index + 2]];
      return new GraphEdge(this, kind, name, node, to);
    });
  }

  /** `{ type, name }` of every node, none of them kept. */
  *rows() {
    for (let place = 0; place < this.#graph.nodeCount; place++) {
      const row = this.#graph.node(place);
      if (!row) return;
      yield { type: nodeType(row[0]), name: row[1] };
    }
  }
}

module.exports = { GraphNodes };
