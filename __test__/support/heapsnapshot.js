'use strict';

// An independent reader and judge of `.heapsnapshot` files. It is written from the format alone and
// shares nothing with rsprof's own readers, so that the two cannot be wrong in the same way.

const assert = require('node:assert/strict');

const { unpackFile } = require('./unpack.js');

const SECTIONS = [
  'snapshot',
  'nodes',
  'edges',
  'trace_function_infos',
  'trace_tree',
  'samples',
  'locations',
  'strings',
];
const NUMBERED_EDGES = new Set(['element', 'hidden']);

class Snapshot {
  constructor(text) {
    this.text = text;
    const document = JSON.parse(text);
    this.document = document;
    const { meta } = document.snapshot;
    this.nodes = document.nodes;
    this.edges = document.edges;
    this.strings = document.strings;
    this.nodeTypes = meta.node_types[0];
    this.edgeTypes = meta.edge_types[0];
    this.nodeAt = fieldOffsets(meta.node_fields);
    this.edgeAt = fieldOffsets(meta.edge_fields);
    this.nodeSize = meta.node_fields.length;
    this.edgeSize = meta.edge_fields.length;
  }

  get nodeCount() {
    return this.nodes.length / this.nodeSize;
  }

  get edgeCount() {
    return this.edges.length / this.edgeSize;
  }

  type(node) {
    return this.nodeTypes[this.nodes[node * this.nodeSize + this.nodeAt.type]];
  }

  name(node) {
    return this.strings[this.nodes[node * this.nodeSize + this.nodeAt.name]];
  }

  selfSize(node) {
    return this.nodes[node * this.nodeSize + this.nodeAt.self_size];
  }

  /** The index of each node's first edge, plus the total at the end. */
  firstEdges() {
    if (this.cachedFirstEdges) return this.cachedFirstEdges;
    const first = new Uint32Array(this.nodeCount + 1);
    for (let node = 0; node < this.nodeCount; node++) {
      first[node + 1] = first[node] + this.nodes[node * this.nodeSize + this.nodeAt.edge_count];
    }
    this.cachedFirstEdges = first;
    return first;
  }

  edgeType(edge) {
    return this.edgeTypes[this.edges[edge * this.edgeSize + this.edgeAt.type]];
  }

  edgeName(edge) {
    const value = this.edges[edge * this.edgeSize + this.edgeAt.name_or_index];
    return NUMBERED_EDGES.has(this.edgeType(edge)) ? value : this.strings[value];
  }

  edgeTarget(edge) {
    return this.edges[edge * this.edgeSize + this.edgeAt.to_node] / this.nodeSize;
  }

  /** `{ type, name, to }` of every edge that leaves a node. */
  edgesOf(node) {
    const first = this.firstEdges();
    const found = [];
    for (let edge = first[node]; edge < first[node + 1]; edge++) {
      found.push({
        type: this.edgeType(edge),
        name: this.edgeName(edge),
        to: this.edgeTarget(edge),
      });
    }
    return found;
  }

  nodesNamed(name, type = 'object') {
    const found = [];
    for (let node = 0; node < this.nodeCount; node++) {
      if (this.name(node) === name && this.type(node) === type) found.push(node);
    }
    return found;
  }

  propertyNames(node) {
    return this.edgesOf(node)
      .filter((edge) => edge.type === 'property')
      .map((edge) => edge.name);
  }

  /** The node that the property (or variable, or element) `name` of `node` leads to. */
  follow(node, name) {
    const edge = this.edgesOf(node).find((one) => one.name === name && one.type !== 'internal');
    assert.ok(edge, `node "${this.name(node)}" has no edge named ${name}`);
    return edge.to;
  }

  /** The shortest strong path from the root: the names of its edges, or undefined. */
  pathFromRoot(target) {
    const cameBy = new Map([[0, undefined]]);
    const queue = [0];
    for (let at = 0; at < queue.length; at++) {
      const node = queue[at];
      if (node === target) return unwind(cameBy, target);
      for (const edge of this.edgesOf(node)) {
        if (edge.type === 'weak' || cameBy.has(edge.to)) continue;
        cameBy.set(edge.to, { from: node, name: edge.name });
        queue.push(edge.to);
      }
    }
    return undefined;
  }
}

function fieldOffsets(fields) {
  return Object.fromEntries(fields.map((field, offset) => [field, offset]));
}

function unwind(cameBy, target) {
  const path = [];
  for (let step = cameBy.get(target); step; step = cameBy.get(step.from)) path.unshift(step.name);
  return path;
}

/** Reads a file and checks everything that the format promises; gives the Snapshot. */
function readHeapSnapshot(file) {
  return judge(new Snapshot(unpackFile(file).toString('utf8')));
}

/** The same for bytes that are at hand already (uncompressed). */
function parseHeapSnapshot(bytes) {
  return judge(new Snapshot(bytes.toString('utf8')));
}

function judge(snapshot) {
  checkSections(snapshot);
  checkNodes(snapshot);
  checkEdges(snapshot);
  checkLocations(snapshot);
  return snapshot;
}

function checkSections({ document, nodes, edges, nodeSize, edgeSize, strings }) {
  assert.deepEqual(Object.keys(document), SECTIONS, 'sections, in V8 order');
  const { node_count: nodeCount, edge_count: edgeCount } = document.snapshot;
  assert.ok(nodeCount > 1000, `a Node process has more than ${nodeCount} heap objects`);
  assert.equal(nodes.length, nodeCount * nodeSize, 'nodes agree with the header');
  assert.equal(edges.length, edgeCount * edgeSize, 'edges agree with the header');
  assert.ok(
    strings.every((text) => typeof text === 'string'),
    'the string table holds strings',
  );
}

function checkNodes(snapshot) {
  const { nodes, nodeSize, nodeAt, nodeTypes, strings } = snapshot;
  const ids = new Set();
  let edgeSum = 0;
  for (let at = 0; at < nodes.length; at += nodeSize) {
    checkNumber(nodes[at + nodeAt.type], nodeTypes.length, 'node type', at);
    checkNumber(nodes[at + nodeAt.name], strings.length, 'node name', at);
    checkNumber(nodes[at + nodeAt.self_size], Number.MAX_SAFE_INTEGER, 'self size', at);
    ids.add(nodes[at + nodeAt.id]);
    edgeSum += nodes[at + nodeAt.edge_count];
  }
  assert.equal(ids.size, snapshot.nodeCount, 'node ids are unique');
  assert.equal(edgeSum, snapshot.edgeCount, 'the edge counts of the nodes add up');
}

function checkEdges(snapshot) {
  const { edges, edgeSize, edgeAt, edgeTypes, nodes, nodeSize, strings } = snapshot;
  const numbered = edgeTypes.map((type) => NUMBERED_EDGES.has(type));
  for (let at = 0; at < edges.length; at += edgeSize) {
    const type = edges[at + edgeAt.type];
    checkNumber(type, edgeTypes.length, 'edge type', at);
    const limit = numbered[type] ? 2 ** 32 : strings.length;
    checkNumber(edges[at + edgeAt.name_or_index], limit, 'edge name', at);
    const target = edges[at + edgeAt.to_node];
    checkNumber(target, nodes.length, 'edge target', at);
    if (target % nodeSize !== 0) assert.fail(`edge at ${at} points inside a node: ${target}`);
  }
}

function checkLocations({ document, nodes, nodeSize }) {
  const fields = document.snapshot.meta.location_fields;
  assert.equal(document.locations.length % fields.length, 0, 'locations are whole');
  const objectAt = fields.indexOf('object_index');
  for (let at = 0; at < document.locations.length; at += fields.length) {
    const target = document.locations[at + objectAt];
    checkNumber(target, nodes.length, 'location', at);
    if (target % nodeSize !== 0) assert.fail(`location at ${at} points inside a node: ${target}`);
  }
}

function checkNumber(value, limit, what, at) {
  if (Number.isInteger(value) && value >= 0 && value < limit) return;
  assert.fail(`${what} at ${at} is ${value}, limit ${limit}`);
}

module.exports = { readHeapSnapshot, parseHeapSnapshot, Snapshot };
