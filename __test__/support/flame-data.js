'use strict';

/**
 * The data of a flame graph, from a parsed `.cpuprofile` or `.heapprofile` of V8: the obvious way, which
 * shares nothing with the exporter that it judges.
 */

const ENTRIES = {
  '(root)': 'root',
  '(idle)': 'idle',
  '(garbage collector)': 'garbageCollector',
  '(program)': 'program',
};

/** What follows the last `node_modules`, with its scope. */
function packageOf(url) {
  const parts = url.split(/[/\\]/);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0 || !parts[at + 1]) return undefined;
  return /^(@|%40)/.test(parts[at + 1]) ? parts.slice(at + 1, at + 3).join('/') : parts[at + 1];
}

function categoryOf({ functionName, url }) {
  if (url === '') return ENTRIES[functionName] ?? 'native';
  if (packageOf(url)) return 'package';
  if (url.startsWith('node:')) return 'node';
  return url.startsWith('wasm:') ? 'wasm' : 'app';
}

/** Functions and packages, each once. */
class Functions {
  packages = [];
  columns = { name: [], url: [], line: [], column: [], category: [], package: [] };
  #numbers = new Map();

  number(frame) {
    const { functionName, url, lineNumber, columnNumber, scriptId } = frame;
    const script = url === '' ? scriptId : '';
    const key = JSON.stringify([functionName, url, lineNumber, columnNumber, script]);
    if (!this.#numbers.has(key)) this.#numbers.set(key, this.#add(frame));
    return this.#numbers.get(key);
  }

  #add(frame) {
    const { columns } = this;
    const name = packageOf(frame.url);
    if (name && !this.packages.includes(name)) this.packages.push(name);
    columns.url.push(frame.url);
    columns.line.push(Math.max(0, frame.lineNumber + 1));
    columns.column.push(Math.max(0, frame.columnNumber + 1));
    columns.category.push(categoryOf(frame));
    columns.package.push(name ? this.packages.indexOf(name) : -1);
    return columns.name.push(frame.functionName) - 1;
  }
}

/** What each sample weighs: the time until the next one; the last as long as the average. */
function weighSamples({ samples, timeDeltas, startTime }) {
  let time = startTime;
  const rows = samples.map((id, at) => {
    time += timeDeltas[at];
    return { id, time };
  });
  rows.sort((a, b) => a.time - b.time);
  const span = rows.length > 1 ? rows[rows.length - 1].time - rows[0].time : 0;
  const average = Math.floor(span / Math.max(1, rows.length - 1));
  return rows.map(({ id, time: at }, number) => ({
    id,
    delta: number + 1 < rows.length ? rows[number + 1].time - at : average,
  }));
}

/** Depth first: `visit(node, parent)` gives the number of a node. */
function walk(root, childrenOf, visit) {
  const stack = [{ node: root, parent: -1 }];
  while (stack.length > 0) {
    const { node, parent } = stack.pop();
    const number = visit(node, parent);
    for (const child of [...childrenOf(node)].reverse())
      stack.push({ node: child, parent: number });
  }
}

function sums(data) {
  const isIdle = (fn) => ['root', 'idle'].includes(data.functions.category[fn]);
  const { self, function: functions } = data.nodes;
  data.total = self.reduce((sum, own) => sum + own, 0);
  data.busy = self.reduce((sum, own, node) => sum + (isIdle(functions[node]) ? 0 : own), 0);
  return data;
}

function empty(kind, title, unit) {
  const nodes = { function: [], parent: [], self: [] };
  return { version: 1, kind, title, unit, total: 0, busy: 0, packages: [], nodes, samples: null };
}

/** @param {object} profile the document of a `.cpuprofile` */
function cpuFlameData(profile, title) {
  const data = empty('cpu', title, 'microseconds');
  const functions = new Functions();
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const numbers = new Map();
  const childrenOf = (node) => (node.children ?? []).map((id) => byId.get(id));
  walk(profile.nodes[0], childrenOf, (node, parent) => {
    numbers.set(node.id, data.nodes.parent.push(parent) - 1);
    data.nodes.function.push(functions.number(node.callFrame));
    data.nodes.self.push(0);
    return numbers.get(node.id);
  });
  const weighed = weighSamples(profile);
  data.samples = {
    node: weighed.map(({ id }) => numbers.get(id)),
    delta: weighed.map(({ delta }) => delta),
  };
  data.samples.node.forEach((node, at) => {
    data.nodes.self[node] += data.samples.delta[at];
  });
  return sums({ ...data, functions: functions.columns, packages: functions.packages });
}

/** @param {object} profile the document of a `.heapprofile` */
function allocationFlameData(profile, title) {
  const data = empty('allocation', title, 'bytes');
  const functions = new Functions();
  walk(
    profile.head,
    (node) => node.children ?? [],
    (node, parent) => {
      data.nodes.function.push(functions.number(node.callFrame));
      data.nodes.self.push(node.selfSize);
      return data.nodes.parent.push(parent) - 1;
    },
  );
  return sums({ ...data, functions: functions.columns, packages: functions.packages });
}

module.exports = { allocationFlameData, cpuFlameData };
