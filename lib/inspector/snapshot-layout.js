'use strict';

/**
 * What the header of a heap snapshot says about the rest: fields are found by name, never by number
 * (Node 24 dropped one of the node fields, node types differ between lines).
 *
 * @module
 */

const { invalidSnapshot } = require('./snapshot-error.js');

/** Edge types whose `name_or_index` is a number, not a string index. */
const NUMBERED_EDGES = new Set(['element', 'hidden']);

/** Node types whose name is what the program stored, not what it called something. */
const VALUE_NODES = new Set(['string', 'regexp']);

const isStrings = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/**
 * @typedef {object} Layout
 * @property {number} nodeCount
 * @property {number} edgeCount
 * @property {{ count: number, type: number, name: number, id: number, selfSize: number, edgeCount: number }} node
 *   `count` fields a node, and which of them is which (`id` is -1 where there is none)
 * @property {string[]} nodeTypes
 * @property {{ count: number, type: number, name: number, toNode: number }} edge
 * @property {Uint8Array} edgeHasName by edge type, 1: `name_or_index` is a string index
 * @property {Uint8Array} nodeIsValue by node type, 1: the name is a value of the program
 * @property {number} stringType the node type `string`, -1 for none
 * @property {{ count: number, names: number[] }} traceFunction `names`: fields that are string indices
 */

/** Finds `wanted` in `fields`; the first is the type, which must come before what it explains. */
function indicesOf(fields, wanted, what, offset) {
  const found = wanted.map((name) => fields.indexOf(name));
  const missing = wanted.find((_, i) => found[i] < 0);
  if (missing) throw invalidSnapshot(`its ${what} lack "${missing}"`, offset);
  if (found[0] > found[1])
    throw invalidSnapshot(`in its ${what} the name comes before the type`, offset);
  return found;
}

function nodeLayout(meta, offset) {
  const wanted = ['type', 'name', 'self_size', 'edge_count'];
  const [type, name, selfSize, edgeCount] = indicesOf(
    meta.node_fields,
    wanted,
    'node_fields',
    offset,
  );
  const id = meta.node_fields.indexOf('id');
  return { count: meta.node_fields.length, type, name, id, selfSize, edgeCount };
}

function edgeLayout(meta, offset) {
  const wanted = ['type', 'name_or_index', 'to_node'];
  const [type, name, toNode] = indicesOf(meta.edge_fields, wanted, 'edge_fields', offset);
  return { count: meta.edge_fields.length, type, name, toNode };
}

function traceFunctionLayout(meta, offset) {
  const fields = meta.trace_function_info_fields ?? [];
  if (!isStrings(fields))
    throw invalidSnapshot('its trace_function_info_fields are no names', offset);
  const names = ['name', 'script_name'].map((name) => fields.indexOf(name)).filter((i) => i >= 0);
  return { count: fields.length, names };
}

function parse(text, offset) {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidSnapshot('its header is no JSON', offset);
  }
}

/** The type names of `types`, whose list stands at the index of the field `type`. */
function typeNames(fields, types, what, offset) {
  const names =
    isStrings(fields) && Array.isArray(types) ? types[fields.indexOf('type')] : undefined;
  if (!isStrings(names)) throw invalidSnapshot(`its header has no ${what}`, offset);
  return names;
}

const flags = (types, holds) => Uint8Array.from(types, (type) => (holds(type) ? 1 : 0));

/**
 * @param {string} text of the value of "snapshot"
 * @param {number} offset of its end in the snapshot, for messages
 * @returns {Layout}
 * @throws {import('../errors.js').RsprofError} `ERR_RSPROF_INVALID_SNAPSHOT`
 */
function parseLayout(text, offset) {
  const header = parse(text, offset);
  const { meta } = header;
  if (!isCount(header.node_count) || !isCount(header.edge_count) || !meta) {
    throw invalidSnapshot('its header has no counts', offset);
  }
  const nodeTypes = typeNames(meta.node_fields, meta.node_types, 'node_types', offset);
  const edgeTypes = typeNames(meta.edge_fields, meta.edge_types, 'edge_types', offset);
  return {
    nodeCount: header.node_count,
    edgeCount: header.edge_count,
    node: nodeLayout(meta, offset),
    nodeTypes,
    nodeIsValue: flags(nodeTypes, (type) => VALUE_NODES.has(type)),
    stringType: nodeTypes.indexOf('string'),
    edge: edgeLayout(meta, offset),
    edgeHasName: flags(edgeTypes, (type) => !NUMBERED_EDGES.has(type)),
    traceFunction: traceFunctionLayout(meta, offset),
  };
}

module.exports = { parseLayout };
