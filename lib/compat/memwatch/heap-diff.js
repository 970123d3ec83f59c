'use strict';

/**
 * `HeapDiff`: what was allocated and freed between two moments, by class.
 *
 * @module
 */

const os = require('node:os');
const backends = require('../../backend.js');
const { fromEnvironment } = require('../../options.js');
const { niceSize } = require('./nice.js');

/** Where a back end that needs a file for it puts one. */
function temporaryFolder() {
  return fromEnvironment('dir', 'heapSnapshot') ?? os.tmpdir();
}

const sized = (bytes) => ({ size_bytes: bytes, size: niceSize(bytes) });

/** The order of C++: by bytes, not by UTF-16 units. */
const byName = (a, b) => Buffer.compare(Buffer.from(a.what), Buffer.from(b.what));

function detail({ what, bytes, added, removed }) {
  return { what, ...sized(bytes), '+': added, '-': removed };
}

/** @returns {object} the answer of `end()` */
function difference(before, after) {
  return {
    before: { nodes: before.nodes, ...sized(before.bytes) },
    after: { nodes: after.nodes, ...sized(after.bytes) },
    change: {
      ...sized(after.bytes - before.bytes),
      freed_nodes: after.freed,
      allocated_nodes: after.allocated,
      details: after.changes.sort(byName).map(detail),
    },
  };
}

/**
 * @param {import('./collections.js').Collections} collections does not count those of a HeapDiff
 * @returns {Function} the constructor; heap snapshots tell its instances by their name
 */
function heapDiffOf(collections) {
  /** One mark of each: its memory is outside of V8's heap. */
  const marks = new WeakMap();

  function HeapDiff() {
    if (!new.target)
      throw new TypeError('Use the new operator to create instances of this object.');
    const mark = collections.unseen(() => backends.current().markHeap(temporaryFolder()));
    marks.set(this, mark);
  }

  HeapDiff.prototype.end = function end() {
    const mark = marks.get(this);
    if (mark === undefined) throw new TypeError('Illegal invocation');
    if (mark === null) throw new Error('attempt to end() a HeapDiff that was already ended');
    marks.set(this, null);
    return difference(
      mark,
      collections.unseen(() => mark.compare()),
    );
  };

  return HeapDiff;
}

module.exports = { heapDiffOf };
