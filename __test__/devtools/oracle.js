'use strict';

// What Chrome DevTools makes of a heap snapshot, in columns: one value a node, in the file's order.
// rsprof's own figures are held against these.
//
//   node oracle.js FILE OUTDIR        columns, class table and totals of one file
//   node oracle.js A B OUTDIR         the Comparison view of B against A, and what it loses
//
// Columns are raw little-endian files: idom.u32, retained.f64, self.f64, distance.i32, class.u32 and
// key.u32. The last two are indices into `className` and `classKey` of classes.json.

const fs = require('node:fs');
const path = require('node:path');

const { loadSnapshot } = require('./snapshot.js');

/** `{ idom, retained, self, distance, className, classOf, classKey, keyOf }` of a loaded snapshot. */
function columnsOf(snapshot) {
  const count = snapshot.nodeCount;
  const names = new Labels();
  const keys = new Labels();
  const columns = {
    idom: Uint32Array.from(snapshot.dominatorsTree),
    retained: Float64Array.from(snapshot.retainedSizes),
    self: new Float64Array(count),
    distance: Int32Array.from(snapshot.nodeDistances),
    className: names.list,
    classOf: new Uint32Array(count),
    classKey: keys.list,
    keyOf: new Uint32Array(count),
  };
  const node = snapshot.createNode(0);
  for (let ordinal = 0; ordinal < count; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    columns.self[ordinal] = node.selfSize();
    columns.classOf[ordinal] = names.indexOf(node.className());
    columns.keyOf[ordinal] = keys.indexOf(publicKey(snapshot, node));
  }
  return columns;
}

/** Distinct texts, numbered in the order of their first use. */
class Labels {
  list = [];
  #index = new Map();

  indexOf(text) {
    let index = this.#index.get(text);
    if (index === undefined) {
      index = this.list.push(text) - 1;
      this.#index.set(text, index);
    }
    return index;
  }
}

/** The class key as DevTools shows it to its front end: `script,line,column,name`, or `,name`. */
function publicKey(snapshot, node) {
  const key = node.classKeyInternal();
  return typeof key === 'number' ? `,${snapshot.strings[key]}` : key;
}

/** The Summary view: `{ key: { name, count, self, maxRet, distance } }`, self size 0 left out. */
function aggregatesOf(snapshot) {
  const found = snapshot.getAggregatesByClassKey(false, 'allObjects');
  const rows = Object.entries(found).map(([key, { name, count, self, maxRet, distance }]) => [
    key,
    { name, count, self, maxRet, distance },
  ]);
  return Object.fromEntries(rows);
}

/**
 * The Comparison view of `after` against `before`: `{ rows: { key: { name, addedCount, … } }, lost }`.
 *
 * Inside a snapshot DevTools tells classes apart by the index of their name; for two snapshots it makes
 * keys of the names' texts. Where two indices have one text (the program has an object that is named like
 * one of DevTools' own groups), the class that comes last takes the place of the other one, whose objects
 * are in no row. `rows` has those classes put together, each row by DevTools' own rules; `lost` are the keys
 * of the rows that the view itself has not, or not so.
 */
function comparisonOf(before, after) {
  const definitions = after.interfaceDefinitions();
  const shown = after.calculateSnapshotDiff(1, before.aggregatesForDiff(definitions));
  const rows = figuresOf(wholeDiff(before, after, definitions));
  const seen = figuresOf(shown);
  const isLost = (key) => JSON.stringify(rows[key]) !== JSON.stringify(seen[key]);
  const keys = [...new Set([...Object.keys(rows), ...Object.keys(seen)])];
  return { rows, lost: keys.filter(isLost).sort() };
}

function wholeDiff(before, after, definitions) {
  const own = before.interfaceDefinitions();
  before.applyInterfaceDefinitions(JSON.parse(definitions));
  const base = wholeAggregates(before);
  before.applyInterfaceDefinitions(JSON.parse(own));
  const found = wholeAggregates(after);
  const none = { name: '', ids: [], indexes: [], selfSizes: [] };
  const keys = [...new Set([...Object.keys(base), ...Object.keys(found)])];
  const diffs = keys.map((key) => [
    key,
    after.calculateDiffForClass(base[key] ?? none, found[key]),
  ]);
  return Object.fromEntries(diffs.filter(([, diff]) => diff !== null));
}

/** By public key, without a loss, as DevTools has them for a comparison on both of its sides. */
function wholeAggregates(snapshot) {
  const node = snapshot.createNode(0);
  const byKey = {};
  for (const { name, idxs } of snapshot.buildAggregates().values()) {
    node.nodeIndex = idxs[0];
    const key = publicKey(snapshot, node);
    byKey[key] ??= { name, members: [] };
    for (const index of idxs) {
      node.nodeIndex = index;
      byKey[key].members.push({ index, id: node.id(), size: node.selfSize() });
    }
  }
  for (const row of Object.values(byKey)) {
    row.members.sort((a, b) => a.id - b.id);
    row.idxs = row.indexes = row.members.map(({ index }) => index);
    row.ids = row.members.map(({ id }) => id);
    row.selfSizes = row.members.map(({ size }) => size);
  }
  return byKey;
}

function figuresOf(diffs) {
  const rows = Object.entries(diffs).map(([key, diff]) => [
    key,
    {
      name: nameInKey(key),
      addedCount: diff.addedCount,
      removedCount: diff.removedCount,
      countDelta: diff.countDelta,
      addedSize: diff.addedSize,
      removedSize: diff.removedSize,
      sizeDelta: diff.sizeDelta,
    },
  ]);
  return Object.fromEntries(rows);
}

/** A name may hold commas; what stands before it may not. */
const nameInKey = (key) => (key.startsWith(',') ? key.slice(1) : key.split(',').slice(3).join(','));

/** The duplicate strings, the largest groups first; DevTools has them one by one. */
function duplicatesOf(snapshot, limit = 1000) {
  return snapshot
    .getDuplicateStrings()
    .slice(0, limit)
    .map(({ value, count, totalSelfSize, totalRetainedSize }) => ({
      value,
      count,
      totalSelfSize,
      totalRetainedSize,
    }));
}

function summaryOf(snapshot) {
  return {
    nodes: snapshot.nodeCount,
    edges: snapshot.containmentEdges.length / snapshot.edgeFieldsCount,
    rootOrdinal: snapshot.rootNodeIndex / snapshot.nodeFieldCount,
    totalSize: snapshot.totalSize,
    statistics: snapshot.getStatistics(),
    interfaceDefinitions: JSON.parse(snapshot.interfaceDefinitions()),
  };
}

function writeColumns(folder, columns) {
  const write = (name, array) => fs.writeFileSync(path.join(folder, name), array);
  write('idom.u32', columns.idom);
  write('retained.f64', columns.retained);
  write('self.f64', columns.self);
  write('distance.i32', columns.distance);
  write('class.u32', columns.classOf);
  write('key.u32', columns.keyOf);
  writeJson(folder, 'classes.json', { className: columns.className, classKey: columns.classKey });
}

function writeJson(folder, name, value) {
  fs.writeFileSync(path.join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
}

async function dumpFile(file, folder) {
  const snapshot = await loadSnapshot(file);
  writeColumns(folder, columnsOf(snapshot));
  writeJson(folder, 'aggregates.json', aggregatesOf(snapshot));
  writeJson(folder, 'duplicates.json', duplicatesOf(snapshot));
  writeJson(folder, 'summary.json', summaryOf(snapshot));
}

async function dumpComparison(before, after, folder) {
  const base = await loadSnapshot(before);
  writeJson(folder, 'comparison.json', comparisonOf(base, await loadSnapshot(after)));
}

async function main(args) {
  const folder = args.pop();
  if (args.length < 1 || args.length > 2) throw new Error('usage: oracle.js FILE [NEWER] OUTDIR');
  fs.mkdirSync(folder, { recursive: true });
  await (args.length === 1 ? dumpFile(...args, folder) : dumpComparison(...args, folder));
}

module.exports = { aggregatesOf, columnsOf, comparisonOf, duplicatesOf, summaryOf };

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
