'use strict';

// A .cpuprofile of a given size, as a long recording of a large app has: half of it nodes, half samples.

const fs = require('node:fs');

const { randomFrom } = require('./heap.js');

const FUNCTIONS = 5000;
const DEEPEST = 40;
const BLOCK = 2 ** 20;

/** Bytes of a node and of a sample with its delta, about. */
const NODE_BYTES = 215;
const SAMPLE_BYTES = 12;

class Writer {
  #block = '';

  constructor(file) {
    this.descriptor = fs.openSync(file, 'w');
  }

  write(text) {
    this.#block += text;
    if (this.#block.length >= BLOCK) this.#flush();
  }

  close() {
    this.#flush();
    fs.closeSync(this.descriptor);
  }

  #flush() {
    fs.writeSync(this.descriptor, this.#block);
    this.#block = '';
  }
}

/** The children of each node; a node's number is greater than its parent's. */
function makeTree(nodes, random) {
  const children = Array.from({ length: nodes + 1 }, () => []);
  const path = [1];
  for (let node = 2; node <= nodes; node++) {
    while (path.length > 1 && (path.length > DEEPEST || random() < 0.45)) path.pop();
    children[path.at(-1)].push(node);
    path.push(node);
  }
  return children;
}

function callFrame(node, random) {
  if (node === 1)
    return { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
  const one = Math.floor(random() * FUNCTIONS);
  const home = one % 3 ? `node_modules/package${one % 50}` : 'app';
  return {
    functionName: `function${one}`,
    scriptId: String(one % 400),
    url: `file:///srv/service/${home}/src/module${one % 400}.js`,
    lineNumber: one % 900,
    columnNumber: one % 60,
  };
}

function writeNodes(out, nodes, random) {
  makeTree(nodes, random).forEach((children, node) => {
    if (node === 0) return;
    const hitCount = node % 3;
    const frame = callFrame(node, random);
    const positionTicks = hitCount ? [{ line: frame.lineNumber + 3, ticks: hitCount }] : undefined;
    const text = JSON.stringify({ id: node, callFrame: frame, hitCount, children, positionTicks });
    out.write(node > 1 ? `,${text}` : text);
  });
}

function writeList(out, length, item) {
  for (let index = 0; index < length; index++) out.write(index ? `,${item()}` : item());
}

/** Writes `file` with about `megabytes`, the same in every run. */
function writeProfile(file, megabytes) {
  const random = randomFrom(7);
  const half = (megabytes * 2 ** 20) / 2;
  const nodes = Math.round(half / NODE_BYTES);
  const samples = Math.round(half / SAMPLE_BYTES);
  const out = new Writer(file);
  out.write('{"nodes":[');
  writeNodes(out, nodes, random);
  out.write(`],"startTime":1000,"endTime":${1000 + samples * 1150},"samples":[`);
  writeList(out, samples, () => String(1 + Math.floor(random() * nodes)));
  out.write('],"timeDeltas":[');
  writeList(out, samples, () => String(900 + Math.floor(random() * 500)));
  out.write(']}');
  out.close();
}

module.exports = { writeProfile };
