'use strict';

/** Profiles as data of a flame graph, made of stacks. */

const ROOT = { name: '(root)', category: 'root' };

/** A function: a name alone is one of the program's own. */
function named(frame) {
  const { name, category = 'app', ...more } = typeof frame === 'string' ? { name: frame } : frame;
  const isScript = ['app', 'node', 'package'].includes(category);
  const place = { url: isScript ? 'file:///srv/app.js' : '', line: isScript ? 1 : 0, column: 0 };
  return { ...place, packageName: undefined, ...more, name, category };
}

class Builder {
  functions = { name: [], url: [], line: [], column: [], category: [], package: [] };
  packages = [];
  /** Children by function, below each node. */
  #numbers = new Map();
  #tree = { fn: this.#fn(ROOT), self: 0, children: new Map() };
  samples = [];

  #fn(frame) {
    const { name, url, line, column, category, packageName } = named(frame);
    const key = JSON.stringify([name, url, line, column, category, packageName]);
    if (this.#numbers.has(key)) return this.#numbers.get(key);
    if (packageName && !this.packages.includes(packageName)) this.packages.push(packageName);
    const { functions } = this;
    functions.url.push(url);
    functions.line.push(line);
    functions.column.push(column);
    functions.category.push(category);
    functions.package.push(packageName ? this.packages.indexOf(packageName) : -1);
    const number = functions.name.push(name) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  add(stack, weight) {
    let node = this.#tree;
    for (const frame of stack) {
      const fn = this.#fn(frame);
      if (!node.children.has(fn)) node.children.set(fn, { fn, self: 0, children: new Map() });
      node = node.children.get(fn);
    }
    node.self += weight;
    this.samples.push({ node, weight });
  }

  data(more) {
    const nodes = { function: [], parent: [], self: [] };
    const stack = [{ node: this.#tree, parent: -1 }];
    while (stack.length > 0) {
      const { node, parent } = stack.pop();
      node.number = nodes.parent.push(parent) - 1;
      nodes.function.push(node.fn);
      nodes.self.push(node.self);
      const children = [...node.children.values()].reverse();
      for (const child of children) stack.push({ node: child, parent: node.number });
    }
    const { functions, packages } = this;
    const isRest = (fn) => ['root', 'idle'].includes(functions.category[fn]);
    const total = nodes.self.reduce((sum, self) => sum + self, 0);
    const rest = nodes.self.filter((_, node) => isRest(nodes.function[node]));
    const samples = {
      node: this.samples.map(({ node }) => node.number),
      delta: this.samples.map(({ weight }) => weight),
    };
    const busy = total - rest.reduce((sum, self) => sum + self, 0);
    const kind = { version: 1, kind: 'cpu', title: 'test.cpuprofile', unit: 'microseconds' };
    return { ...kind, total, busy, packages, functions, nodes, samples, ...more };
  }
}

/**
 * @param {[(string|object)[], number][]} stacks the caller first, and what they weigh, in time order
 * @param {object} [more] what else the data has
 */
function flameData(stacks, more) {
  const builder = new Builder();
  for (const [stack, weight] of stacks) builder.add(stack, weight);
  return builder.data(more);
}

const IDLE = { name: '(idle)', category: 'idle' };
const COLLECTOR = { name: '(garbage collector)', category: 'garbageCollector' };
const LODASH = {
  name: 'sortBy',
  category: 'package',
  packageName: 'lodash',
  url: 'file:///srv/node_modules/lodash/index.js',
};

/** A small program: 1 s, of which 800 ms busy. */
const server = () =>
  flameData([
    [['main', 'search', LODASH], 300_000],
    [[IDLE], 200_000],
    [['main', 'send', 'pack'], 150_000],
    [[COLLECTOR], 50_000],
    [['main', 'send', 'pack'], 100_000],
    [['main', 'search'], 100_000],
    [['main', 'send', 'pack', 'send', 'pack'], 100_000],
  ]);

const HOSTILE =
  '<img src=x onerror="globalThis.hacked=1">\u202egnp.exe</script><script>hacked=1//&amp;';

/** Names that mean harm, in every place where there is one. */
function hostile() {
  const evil = { name: HOSTILE, url: `file:///${HOSTILE}`, line: 7, column: 3 };
  const owned = { ...evil, category: 'package', packageName: HOSTILE };
  const long = `long${'g'.repeat(100_000)}`;
  return flameData(
    [
      [[evil, owned], 500],
      [['', { name: '\ud800\u0000\u2066', category: 'native' }], 300],
      [[long, { name: 'שלום עולם' }, { name: '関数' }], 200],
      [[{ name: '__proto__' }, { name: 'constructor', category: 'toString' }], 100],
    ],
    { title: `${HOSTILE}.cpuprofile` },
  );
}

const recursive = (depth) => flameData([[Array.from({ length: depth }, () => 'again'), 1000]]);

/** As many samples and nodes, of stacks that change all the time. */
function large(sampleCount, nodeCount) {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const data = flameData([[['main'], 1]]);
  const { functions, nodes } = data;
  for (let fn = 2; fn < 5000; fn++) {
    functions.name.push(`function${fn}`);
    functions.url.push(`file:///srv/${fn % 100}.js`);
    functions.line.push(fn);
    functions.column.push(1);
    functions.category.push(['app', 'node', 'native'][fn % 3]);
    functions.package.push(-1);
  }
  const path = [0, 1];
  for (let node = 2; node < nodeCount; node++) {
    while (path.length > 2 && (random() < 0.45 || path.length > 60)) path.pop();
    nodes.parent.push(path[path.length - 1]);
    nodes.function.push(2 + Math.floor(random() * 4998));
    nodes.self.push(0);
    path.push(node);
  }
  const node = Array.from({ length: sampleCount }, () =>
    Math.floor(1 + random() * (nodeCount - 1)),
  );
  const delta = node.map(() => 900 + Math.floor(random() * 200));
  nodes.self.fill(0);
  node.forEach((one, at) => {
    nodes.self[one] += delta[at];
  });
  const total = delta.reduce((sum, one) => sum + one, 0);
  return { ...data, total, busy: total, samples: { node, delta } };
}

module.exports = { HOSTILE, flameData, hostile, large, recursive, server };
