'use strict';

/**
 * Nodes and edges of a snapshot as objects, made when they are asked for.
 *
 * The same node is the same object for as long as somebody has it. Nobody else keeps it, but its neighbours.
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

/** Places that share a weak reference: one for each node would take longer than the node. */
const PAGE_BITS = 4;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

/** The nodes of neighbouring places; they live as long as one of them does. */
class Page {
  /** By place within the page; what nobody asked for is not there. */
  made = new Array(1 << PAGE_BITS);

  /** @param {number} number of the page @param {GraphNodes} nodes */
  constructor(number, nodes) {
    this.number = number;
    this.nodes = nodes;
  }
}

class GraphNode {
  #page;
  #place;

  constructor(page, place, [kind, name, id, size]) {
    this.#page = page;
    this.#place = place;
    Object.defineProperty(this, 'children', GraphNode.#CHILDREN);
    this.type = nodeType(kind);
    this.name = name;
    this.id = id;
    this.shallowSize = size;
  }

  static #CHILDREN = {
    get() {
      return this.#page.nodes.edgesOf(this, this.#place);
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
  /** The last one that was asked for: who walks along meets it again. */
  #page;

  /** @param {object} graph see native-graph.js */
  constructor(graph) {
    this.#graph = graph;
  }

  /** @returns {GraphNode|undefined} */
  at(place) {
    if (!this.#graph.isOpen || place < 0 || place >= this.#graph.nodeCount) return undefined;
    const page = this.#pageOf(place);
    const known = page.made[place & PAGE_MASK];
    if (known) return known;
    const row = this.#graph.node(place);
    if (!row) return undefined;
    const node = new GraphNode(page, place, row);
    page.made[place & PAGE_MASK] = node;
    return node;
  }

  #pageOf(place) {
    const number = place >>> PAGE_BITS;
    if (this.#page?.number === number) return this.#page;
    let page = this.#graph.object(number);
    if (!page) {
      page = new Page(number, this);
      this.#graph.setObject(number, page);
    }
    this.#page = page;
    return page;
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
