'use strict';

/** What the tests of the inspector back end share: snapshots by hand, and a slow, obvious oracle. */

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { SnapshotScanner } = require('../../lib/inspector/snapshot-scan.js');

const KEY = Buffer.from('0123456789abcdef');

/** Node types by number. */
const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];

/** The shapes V8 writes: up to Node 22, and from 24 on. */
const STYLES = Object.freeze({
  old: {
    fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'],
    row: '\n,',
    string: ',\n',
    section: ',\n',
  },
  new: {
    fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
    row: ',',
    string: ',',
    section: ',\n',
  },
});

function meta(style) {
  return {
    node_fields: style.fields,
    node_types: [NODE_TYPES, 'string', ...style.fields.slice(2).map(() => 'number')],
    edge_fields: ['type', 'name_or_index', 'to_node'],
    edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
    trace_function_info_fields: [
      'function_id',
      'name',
      'script_name',
      'script_id',
      'line',
      'column',
    ],
    trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
    sample_fields: ['timestamp_us', 'last_assigned_id'],
    location_fields: ['object_index', 'script_id', 'line', 'column'],
  };
}

const list = (rows, separator) => rows.map((row) => row.join(',')).join(separator);

/**
 * The text of a snapshot.
 *
 * @param {object} graph `nodes`: `[type, name, id, self_size, edges]`, where edges are
 *   `[type, name_or_index, index of the node]`; `strings`: raw JSON text, without quotes
 * @param {object} [style] one of STYLES
 */
function snapshotText({ nodes, strings, functions = [] }, style = STYLES.new) {
  const width = style.fields.length;
  const edges = nodes.flatMap((node) => node[4]);
  const filler = style.fields.slice(5).map(() => 0);
  const header = {
    meta: meta(style),
    node_count: nodes.length,
    edge_count: edges.length,
    trace_function_count: functions.length,
  };
  const sections = [
    `"snapshot":${JSON.stringify(header)}`,
    `"nodes":[${list(
      nodes.map(([type, name, id, size, own]) => [type, name, id, size, own.length, ...filler]),
      style.row,
    )}\n]`,
    `"edges":[${list(
      edges.map(([type, name, to]) => [type, name, to * width]),
      style.row,
    )}\n]`,
    `"trace_function_infos":[${list(functions, style.row)}]`,
    '"trace_tree":[1,0,0,0,[2,1,5,80,[]]]',
    '"samples":[]',
    `"locations":[0,7,1,2]`,
    `"strings":[${strings.map((text) => `"${text}"`).join(style.string)}]`,
  ];
  return `{${sections.join(style.section)}}`;
}

/** Random but repeatable numbers. */
function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    pick: (all) => all[Math.floor(next() * all.length)],
  };
}

const SAMPLE_TEXTS = [
  '',
  'hunter2',
  'Room',
  'Function',
  'a \\"quoted\\" text \\\\',
  '\\u00e9\\uD83D\\uDE00\\n\\t',
  'é€😀',
  '\\uD812 \\uD800',
  'x'.repeat(1023),
  'y'.repeat(1024),
  '1 / part of key (Object @61) -> value (secret @268) pair in WeakMap (table @781)',
  '12 / part of key (a @1) -> value (b @2) -> value (c @3) pair in WeakMap (table @4)',
  '3 / part of key (a \\" @1) -> value (val) pair in WeakMap @12 @29) pair in WeakMap (table @63)',
  '3 / part of key (broken',
  '3 / part of keys',
  '42',
];

/** A graph that uses every kind of node and edge, names as values and the other way round. */
function randomGraph(seed) {
  const random = generator(seed);
  const strings = [
    '<dummy>',
    ...SAMPLE_TEXTS,
    ...Array.from({ length: 30 }, (_, i) => `text ${seed} ${i}`),
  ];
  const count = 5 + random.below(60);
  const text = () => random.below(strings.length);
  const edge = () => [random.below(EDGE_TYPES.length), text(), random.below(count)];
  const node = (_, i) => [
    random.below(NODE_TYPES.length),
    text(),
    random.pick([2 * i + 1, 4294967295 + i]),
    random.pick([0, 0, 24, 1e6, 5e9]),
    Array.from({ length: random.below(4) }, edge),
  ];
  const functions = Array.from({ length: random.below(3) }, () => [1, text(), text(), 3, 4, 5]);
  return { nodes: Array.from({ length: count }, node), strings, functions };
}

const utf16Length = (raw) => JSON.parse(`"${raw}"`).length;

function valueText(raw) {
  if (raw === '') return '';
  const hash = createHash('sha256').update(KEY).update(raw, 'utf8').digest('hex').slice(0, 12);
  const length = utf16Length(raw);
  return `<${length >= 1024 ? '1024+' : length} chars #${hash}>`;
}

function nameText(raw) {
  if (!/^\d+ \/ part of key \(/.test(raw)) return raw;
  const whole =
    /^(\d+) \/ part of key \(.*? @(\d+)\) -> value \(.* @(\d+)\) pair in WeakMap \(table @(\d+)\)$/.exec(
      raw,
    );
  if (!whole) return `${/^\d+/.exec(raw)[0]} / part of key (*)`;
  const [, number, key, value, table] = whole;
  return `${number} / part of key (* @${key}) -> value (* @${value}) pair in WeakMap (table @${table})`;
}

/** The text between `"<name>":[` and its `]`. Sections of numbers only. */
function section(text, name) {
  const start = text.indexOf(`"${name}":[`) + name.length + 4;
  return { start, end: text.indexOf(']', start) };
}

/** Replaces every number of a section by `change(number, field, row)`. */
function changeNumbers(text, name, width, change) {
  const { start, end } = section(text, name);
  const numbers = text.slice(start, end).match(/\d+/g)?.map(Number) ?? [];
  let at = 0;
  const changed = text.slice(start, end).replace(/\d+/g, (digits) => {
    const field = at % width;
    const row = numbers.slice(at - field, at - field + width);
    at++;
    return String(change(Number(digits), field, row) ?? digits);
  });
  return text.slice(0, start) + changed + text.slice(end);
}

/** The whole rule of redaction, on the whole text. */
function redactSlowly(text) {
  const {
    node_fields: nodeFields,
    edge_fields: edgeFields,
    node_types,
    edge_types,
    ...rest
  } = JSON.parse(text).snapshot.meta;
  const functionFields = rest.trace_function_info_fields;
  const names = new Set();
  const values = new Set();
  const asName = (index) => 2 * (names.add(index) && index);
  const asValue = (index) => 2 * (values.add(index) && index) + 1;
  let out = changeNumbers(text, 'nodes', nodeFields.length, (index, field, row) => {
    if (field !== nodeFields.indexOf('name')) return undefined;
    const type = node_types[0][row[0]];
    const sized = row[nodeFields.indexOf('self_size')] > 0;
    return type === 'regexp' || (type === 'string' && sized) ? asValue(index) : asName(index);
  });
  out = changeNumbers(out, 'edges', edgeFields.length, (index, field, row) => {
    const numbered = ['element', 'hidden'].includes(edge_types[0][row[0]]);
    return field === 1 && !numbered ? asName(index) : undefined;
  });
  out = changeNumbers(out, 'trace_function_infos', functionFields.length, (index, field) =>
    functionFields[field].endsWith('name') ? asName(index) : undefined,
  );
  const start = out.indexOf('"strings":[') + '"strings":['.length;
  let at = 0;
  const strings = out.slice(start).replace(/"((?:[^"\\]|\\.)*)"/g, (_, raw) => {
    const index = at++;
    return `"${names.has(index) ? nameText(raw) : ''}","${values.has(index) ? valueText(raw) : ''}"`;
  });
  return out.slice(0, start) + strings;
}

/** Classes by own size, from the whole document. */
function censusSlowly(document) {
  const { meta: m } = document.snapshot;
  const width = m.node_fields.length;
  const fixed = {
    closure: 'Function',
    code: '(compiled code)',
    hidden: '(system)',
    regexp: 'RegExp',
  };
  const classes = new Map();
  for (let at = 0; at < document.nodes.length; at += width) {
    const type = m.node_types[0][document.nodes[at]];
    const named = type === 'object' || type === 'native';
    const text = /string$/.test(type) ? '(string)' : (fixed[type] ?? `(${type})`);
    const name = named ? document.strings[document.nodes[at + 1]] : text;
    const entry = classes.get(name) ?? { name, count: 0, selfSize: 0 };
    entry.count++;
    entry.selfSize += document.nodes[at + m.node_fields.indexOf('self_size')];
    classes.set(name, entry);
  }
  return [...classes.values()]
    .sort((a, b) => b.selfSize - a.selfSize || b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, 20);
}

/** Feeds `bytes` in pieces that end at `cuts`; gives the figures, and the redacted bytes where asked. */
function scan(bytes, cuts = [], redactKey = null) {
  const scanner = new SnapshotScanner({ redactKey });
  const pieces = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    // A piece of its own: what is behind it must not be looked at.
    scanner.write(Buffer.from(bytes.subarray(start, end)));
    if (redactKey) pieces.push(Buffer.from(scanner.take(Buffer.alloc(64))));
    start = end;
  }
  const figures = scanner.end();
  if (redactKey) pieces.push(scanner.take(Buffer.alloc(0)));
  return { ...figures, bytes: redactKey && Buffer.concat(pieces) };
}

/** The snapshot of this heap, as V8 writes it. */
function realSnapshot(options) {
  const stream = v8.getHeapSnapshot(options);
  const chunks = [];
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Makes the partial that a back end is given. */
function partial(dir, name = 'x') {
  const file = path.join(dir, `${name}.00000000-1-1-0.partial`);
  fs.closeSync(fs.openSync(file, 'wx', 0o600));
  return file;
}

module.exports = {
  KEY,
  STYLES,
  censusSlowly,
  generator,
  partial,
  randomGraph,
  realSnapshot,
  redactSlowly,
  scan,
  snapshotText,
};
