'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { after, beforeEach, test } = require('node:test');
const { setImmediate } = require('node:timers/promises');

const next = require('../../compat/v8-profiler-next.js');
const old = require('../../compat/v8-profiler.js');
const { parseHeapSnapshot } = require('../support/heapsnapshot.js');

// Without the addon the nodes of one test stay until the program returns to the event loop, and are in the
// snapshots of the next.
beforeEach(() => setImmediate());

after(() => {
  next.deleteAllSnapshots();
  old.deleteAllSnapshots();
});

/** By V8's name in the file. */
const NODE_TYPES = {
  array: 'Array',
  string: 'String',
  object: 'Object',
  code: 'Code',
  closure: 'Closure',
  regexp: 'RegExp',
  number: 'HeapNumber',
  native: 'Native',
  synthetic: 'Synthetic',
  'concatenated string': 'ConsString',
  'sliced string': 'SlicedString',
};

const EDGE_TYPES = {
  context: 'ContextVariable',
  element: 'Element',
  property: 'Property',
  internal: 'Internal',
  hidden: 'Hidden',
  shortcut: 'Shortcut',
  weak: 'Weak',
};

function textOf(snapshot) {
  const chunks = [];
  snapshot.serialize(
    (chunk) => {
      chunks.push(chunk);
    },
    () => {},
  );
  return chunks.join('');
}

const parse = (text) => parseHeapSnapshot(Buffer.from(text, 'latin1'));

/** V8 writes a question mark for each byte of what is no character, and hands a U+FFFD over for it. */
function nameIn(file, index, name) {
  const written = file.name(index);
  return name.includes('\ufffd') && written.includes('?') ? name : written;
}

class Planted {
  constructor() {
    this.name = 'a "quoted" näme 火';
    this.list = [{ inList: true }];
  }
}

globalThis.planted = new Planted();

test('what a snapshot looks like', () => {
  const snapshot = next.takeSnapshot('named');
  assert.deepEqual(Object.keys(snapshot), [
    'root',
    'getNode',
    'getNodeById',
    'delete',
    'serialize',
    'typeId',
    'title',
    'uid',
    'nodesCount',
    'maxSnapshotJSObjectId',
  ]);
  const seen = [];
  for (const key in snapshot) seen.push(key);
  assert.deepEqual(seen.slice(-3), ['getHeader', 'compare', 'export']);
  const { uid } = snapshot;
  assert.equal(uid, snapshot.maxSnapshotJSObjectId);
  assert.deepEqual(snapshot.getHeader(), { typeId: 'HEAP', uid, title: 'named' });
  assert.equal(next.snapshots[uid], snapshot);
  assert.equal(snapshot.delete(), next.snapshots);
  assert.equal(next.snapshots[uid], undefined);
  assert.equal(snapshot.delete(), next.snapshots);
});

test('titles: next falls back to the number, v8-profiler to the text undefined', () => {
  let called = 0;
  const control = () => called++;
  for (const given of [[], [''], [undefined, control], [control]]) {
    const snapshot = next.takeSnapshot(...given);
    assert.equal(snapshot.title, `Snapshot ${snapshot.uid}`);
    snapshot.delete();
  }
  assert.equal(called, 0);
  assert.equal(old.takeSnapshot().title, 'undefined');
  let progress;
  const told = old.takeSnapshot((done, total) => {
    progress = [done, total];
  });
  assert.equal(told.title, '');
  assert.deepEqual(progress, [told.nodesCount, told.nodesCount]);
  old.deleteAllSnapshots();
  assert.deepEqual(old.snapshots, {});
});

test('every node and every edge is what the text says', () => {
  const snapshot = next.takeSnapshot();
  const file = parse(textOf(snapshot));
  assert.equal(snapshot.nodesCount, file.nodeCount);
  const first = file.firstEdges();
  const idOf = (node) => file.nodes[node * file.nodeSize + file.nodeAt.id];
  let most = 0;
  for (let index = 0; index < snapshot.nodesCount; index++) {
    const { type, name, id, shallowSize } = snapshot.getNode(index);
    assert.deepEqual(
      [type, name, id, shallowSize],
      [
        NODE_TYPES[file.type(index)] ?? 'Hidden',
        nameIn(file, index, name),
        idOf(index),
        file.selfSize(index),
      ],
    );
    if (id % 2 === 1) most = Math.max(most, id);
  }
  assert.equal(snapshot.uid, most);
  for (let index = 0; index < snapshot.nodesCount; index += 97) {
    const node = snapshot.getNode(index);
    const edges = node.children;
    assert.equal(edges.length, first[index + 1] - first[index]);
    edges.forEach((edge, place) => {
      const row = first[index] + place;
      assert.equal(edge.type, EDGE_TYPES[file.edgeType(row)] ?? 'Undefined');
      assert.equal(edge.name, file.edgeName(row));
      assert.equal(edge.from, node);
      assert.equal(edge.to.id, idOf(file.edgeTarget(row)));
    });
  }
  snapshot.delete();
});

test('a node that somebody has stays the same object, whatever was looked at since', async () => {
  const snapshot = next.takeSnapshot();
  const places = [0, 1, 15, 16, 17, 300, snapshot.nodesCount - 1];
  const kept = places.map((place) => snapshot.getNode(place));
  for (let place = 0; place < snapshot.nodesCount; place++) snapshot.getNode(place);
  await setImmediate();
  for (let place = snapshot.nodesCount - 1; place >= 0; place--) snapshot.getNode(place);
  places.forEach((place, at) => {
    assert.equal(snapshot.getNode(place), kept[at]);
  });
  assert.equal(snapshot.getNodeById(kept[1].id), kept[1]);
  snapshot.delete();
  for (const place of places) assert.equal(snapshot.getNode(place), undefined);
  assert.deepEqual(kept[1].children, []);
});

test('a graph can be walked by the identity of its nodes, down to a planted object', () => {
  const snapshot = next.takeSnapshot();
  assert.equal(snapshot.root, snapshot.getNode(0));
  assert.equal(snapshot.getNode(5), snapshot.getNode(5));
  assert.equal(snapshot.root.children[0].from, snapshot.root);
  const seen = new Set([snapshot.root]);
  const pending = [snapshot.root];
  while (pending.length > 0) {
    for (const { to } of pending.pop().children) {
      if (seen.has(to)) continue;
      seen.add(to);
      pending.push(to);
    }
  }
  assert.ok(seen.size <= snapshot.nodesCount && seen.size > snapshot.nodesCount * 0.9);
  const found = [...seen].filter(
    ({ type, name, children }) =>
      type === 'Object' &&
      name === 'Planted' &&
      children.some((edge) => edge.name === 'list' && edge.type === 'Property'),
  );
  assert.equal(found.length, 1);
  const [planted] = found;
  const target = (node, name) => node.children.find((edge) => edge.name === name).to;
  assert.equal(target(planted, 'name').name, planted.name === 'Planted' && globalThis.planted.name);
  assert.equal(snapshot.getNodeById(planted.id), planted);
  assert.deepEqual(Object.keys(planted), ['children', 'type', 'name', 'id', 'shallowSize']);
  assert.deepEqual(Object.keys(planted.children[0]), ['type', 'name', 'from', 'to']);
  snapshot.delete();
});

test('places and ids that are none are errors or undefined', () => {
  const snapshot = next.takeSnapshot();
  assert.throws(() => snapshot.getNode(), { name: 'Error', message: 'No index specified' });
  assert.throws(() => snapshot.getNodeById(), { name: 'Error', message: 'No id specified' });
  for (const wrong of ['1', 1.5, null, undefined, Number.NaN, 2 ** 31]) {
    const error = { name: 'TypeError', message: 'Argument must be an integer' };
    assert.throws(() => snapshot.getNode(wrong), error);
    assert.throws(() => snapshot.getNodeById(wrong), error);
  }
  for (const none of [-1, snapshot.nodesCount, 2 ** 31 - 1]) {
    assert.equal(snapshot.getNode(none), undefined);
  }
  for (const none of [-1, 0, snapshot.uid + 1000]) {
    assert.equal(snapshot.getNodeById(none), undefined);
  }
  snapshot.delete();
});

test('the text comes in pieces of 51,200 characters, until the iterator says false or throws', () => {
  const snapshot = next.takeSnapshot();
  const pieces = [];
  let ended = 0;
  const answer = snapshot.serialize(
    (text, length) => {
      assert.equal(text.length, length);
      pieces.push(text);
    },
    () => ended++,
  );
  assert.equal(answer, undefined);
  assert.equal(ended, 1);
  assert.ok(pieces.slice(0, -1).every((text) => text.length === 51_200));
  assert.ok(pieces.at(-1).length <= 51_200);
  parse(pieces.join(''));

  let calls = 0;
  snapshot.serialize(
    () => ++calls < 3,
    () => ended++,
  );
  assert.deepEqual([calls, ended], [3, 1]);
  const failure = new Error('no more');
  assert.throws(
    () =>
      snapshot.serialize(
        () => {
          throw failure;
        },
        () => ended++,
      ),
    (error) => error === failure,
  );
  assert.equal(ended, 1);
  assert.equal(textOf(snapshot), pieces.join(''));
  assert.throws(() => snapshot.serialize(() => {}), { message: 'Invalid number of arguments' });
  assert.throws(() => snapshot.serialize(1, 2), {
    name: 'TypeError',
    message: 'Arguments must be a functions',
  });
  snapshot.delete();
});

test('a snapshot that is deleted gives nothing more, and ends nothing', () => {
  const snapshot = next.takeSnapshot();
  const node = snapshot.getNode(3);
  const { type } = node;
  snapshot.delete();
  assert.equal(snapshot.getNode(3), undefined);
  assert.equal(snapshot.getNodeById(1), undefined);
  assert.equal(snapshot.root, undefined);
  assert.deepEqual(node.children, []);
  assert.equal(node.type, type);
  const deleted = { code: 'ERR_RSPROF_ABORTED', message: /deleted/ };
  assert.throws(() => textOf(snapshot), deleted);
  let given;
  snapshot.export((...all) => {
    given = all;
  });
  assert.equal(given.length, 1);
  assert.equal(given[0].code, deleted.code);
});

test('a snapshot may be deleted while it is serialised', () => {
  const snapshot = next.takeSnapshot();
  const whole = textOf(snapshot);
  const pieces = [];
  snapshot.serialize(
    (text) => {
      pieces.push(text);
      snapshot.delete();
      assert.equal(Object.hasOwn(next.snapshots, snapshot.uid), false);
    },
    () => pieces.push('end'),
  );
  assert.equal(pieces.join(''), `${whole}end`);
  assert.throws(() => textOf(snapshot), { code: 'ERR_RSPROF_ABORTED' });
});

test('a snapshot exports itself before the call returns', async () => {
  const snapshot = next.takeSnapshot();
  const text = textOf(snapshot);
  let given;
  const answer = snapshot.export((...all) => {
    given = all;
  });
  assert.equal(answer, undefined);
  assert.deepEqual(given, [null, text]);

  const own = snapshot.export();
  const target = new PassThrough();
  assert.equal(snapshot.export(target), target);
  for (const stream of [own, target]) {
    assert.equal(stream.writableEnded, true);
    // Deleted by a listener that has the stream for its `this`.
    stream.on('end', snapshot.delete);
    let piped = '';
    stream.setEncoding('latin1').on('data', (chunk) => {
      piped += chunk;
    });
    await once(stream, 'end');
    assert.equal(piped, text);
  }
  assert.equal(Object.hasOwn(next.snapshots, snapshot.uid), false);
});

test('compare counts as the package does, wrong; and right where it is asked to', () => {
  class Counted {}
  const before = next.takeSnapshot();
  globalThis.counted = Array.from({ length: 1000 }, () => new Counted());
  const later = next.takeSnapshot();
  delete globalThis.counted;

  const right = (snapshot) => {
    const counts = new Map();
    for (let index = 0; index < snapshot.nodesCount; index++) {
      const { type, name } = snapshot.getNode(index);
      const key = type === 'Object' ? name : type;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const [first, second] = [right(before), right(later)];
  const fixed = before.compare(later, { fixed: true });
  assert.equal(fixed.Counted, 1000);
  for (const key of new Set([...first.keys(), ...second.keys()])) {
    assert.equal(fixed[key], (second.get(key) ?? 0) - (first.get(key) ?? 0), key);
  }

  const asPackage = before.compare(later);
  assert.equal(asPackage.Counted, 1000);
  assert.deepEqual(new Set(Object.keys(asPackage)), new Set(Object.keys(fixed)));
  // Where the last node of a type is called as no object is, the package counts 1 of that type.
  const lastOf = (snapshot, type) => {
    for (let index = snapshot.nodesCount - 1; ; index--) {
      const node = snapshot.getNode(index);
      if (node.type === type) return node.name;
    }
  };
  const types = ['Code', 'Closure', 'String'].filter((type) =>
    [before, later].every((snapshot) => !right(snapshot).has(lastOf(snapshot, type))),
  );
  assert.ok(types.length > 0);
  for (const type of types) assert.equal(asPackage[type], 0);
  before.delete();
  later.delete();
});
