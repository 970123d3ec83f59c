'use strict';

// An independent judge of `.heapprofile` files (the protocol's `HeapProfiler.SamplingHeapProfile`).

const assert = require('node:assert/strict');

const { unpackFile } = require('./unpack.js');

/** Reads a file, checks its tree; gives `{ head, nodes, totalBytes }`. */
function readHeapProfile(file) {
  const profile = JSON.parse(unpackFile(file).toString('utf8'));
  const nodes = [];
  const ids = new Set();
  visit(profile.head, (node) => {
    assert.ok(Number.isInteger(node.selfSize) && node.selfSize >= 0, `size ${node.selfSize}`);
    assert.ok(Number.isInteger(node.id), `id ${node.id}`);
    assert.ok(!ids.has(node.id), `id ${node.id} occurs twice`);
    assert.ok(Array.isArray(node.children), 'children');
    const { functionName, scriptId, url, lineNumber, columnNumber } = node.callFrame;
    assert.equal(typeof functionName, 'string');
    assert.equal(typeof scriptId, 'string');
    assert.ok(!url.startsWith('/'), `an absolute path is a URL: ${url}`);
    assert.ok(Number.isInteger(lineNumber) && Number.isInteger(columnNumber));
    ids.add(node.id);
    nodes.push(node);
  });
  assert.ok(Array.isArray(profile.samples), 'samples');
  const totalBytes = nodes.reduce((sum, node) => sum + node.selfSize, 0);
  return { head: profile.head, samples: profile.samples, nodes, totalBytes };
}

function visit(head, use) {
  const stack = [head];
  while (stack.length > 0) {
    const node = stack.pop();
    use(node);
    stack.push(...node.children);
  }
}

module.exports = { readHeapProfile };
