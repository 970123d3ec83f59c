'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { test } = require('node:test');

const rsprof = require('../..');
const { isNative, nodeMajor } = require('../support/env.js');
const { parseHeapSnapshot, readHeapSnapshot } = require('../support/heapsnapshot.js');
const { assertPlanted, plant } = require('../support/planted.js');
const { tempDir } = require('../support/tempdir.js');
const { unpackFile } = require('../support/unpack.js');

plant();

/** A secret that no source text holds: 24 random hex digits. */
const secret = () => randomBytes(12).toString('hex');

/** Every way in which a string can be in a heap, each with secrets of its own. */
function plantSecrets() {
  const secrets = {};
  const make = (name) => {
    secrets[name] = secret();
    return secrets[name];
  };
  process.env.RSPROF_PLANTED_TOKEN = make('the value of an environment variable');
  class PlantedAccount {
    plantedPassword = make('a password in an object');
  }
  const weakKey = { plantedWeakKey: true };
  globalThis.rsprofSecrets = {
    environment: process.env.RSPROF_PLANTED_TOKEN,
    account: new PlantedAccount(),
    concatenated: concatenate(make('the left of a concatenation'), make('the right of it')),
    sliced: slice(make('a part of a sliced string')),
    map: new Map([[make('a string key of a Map'), make('a string value of a Map')]]),
    set: new Set([make('a member of a Set')]),
    weakKey,
    weakMap: new WeakMap([[weakKey, make('a string value of a WeakMap')]]),
    pattern: new RegExp(`^${make('the source of a regular expression')}$`),
    closure: plantedFunctionName(make('a closure variable')),
    list: [make('an array element')],
    error: new Error(make('the message of an error')),
    compiled: new Function(`return "${make('a literal in source text')}"`),
    json: JSON.stringify({ 'a "quoted"\n\\ key': make('a value in JSON text') }),
    foreign: `p\u00e5ssw\u00f6rd \u4f60\u597d \ud83d\ude00 ${make('beside characters outside ASCII')}`,
    long: `${make('the head of a long string')}${'~'.repeat(5000)}`,
    boxed: Object(make('a boxed string')),
  };
  return secrets;
}

function concatenate(left, right) {
  return left + right;
}

function slice(middle) {
  const whole = Buffer.from(`${'<'.repeat(40)}${middle}${'>'.repeat(40)}`).toString('latin1');
  return whole.slice(40, 40 + middle.length);
}

function plantedFunctionName(plantedClosureVariable) {
  return () => plantedClosureVariable;
}

const secrets = plantSecrets();

/** All forms under which the start, the end or the whole of a secret could stand in a file. */
function formsOf(text) {
  const pieces = [text, text.slice(0, 12), text.slice(-12)];
  const escaped = (piece) =>
    [...piece].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  return pieces.flatMap((piece) => [
    piece,
    escaped(piece),
    escaped(piece).toUpperCase().replaceAll('\\U', '\\u'),
    Buffer.from(piece).toString('hex'),
    Buffer.from(piece).toString('base64').slice(0, 14),
  ]);
}

function assertNoSecret(text) {
  for (const [what, value] of Object.entries(secrets)) {
    for (const form of formsOf(value)) assert.ok(!text.includes(form), `${what} is in the file`);
  }
}

test('without redact the planted secrets are in the file: the test can see them', async (t) => {
  const { path } = await rsprof.heapSnapshot({ dir: tempDir(t) });
  const text = unpackFile(path).toString('utf8');
  for (const [what, value] of Object.entries(secrets)) {
    assert.ok(text.includes(value), `${what} is not in the plain file`);
  }
});

test("redact: 'strings' leaves no planted secret in the file, in no form", async (t) => {
  const result = await rsprof.heapSnapshot({ dir: tempDir(t), redact: 'strings' });
  assert.equal(result.redact, 'strings');
  assert.equal(result.rawBytes, unpackFile(result.path).length);
  assertNoSecret(unpackFile(result.path).toString('utf8'));
});

test('a redacted file is a valid snapshot with its classes, properties, functions and scripts', async (t) => {
  const { path } = await rsprof.heapSnapshot({ dir: tempDir(t), redact: 'strings' });
  const snapshot = readHeapSnapshot(path);
  assertPlanted(snapshot);
  const [account] = snapshot
    .nodesNamed('PlantedAccount')
    .filter((node) => snapshot.propertyNames(node).includes('plantedPassword'));
  assert.ok(account !== undefined, 'the class and the property keep their names');
  assert.ok(snapshot.nodesNamed('plantedFunctionName', 'closure').length > 0);
  assert.ok(snapshot.text.includes('redact.test.js'), 'the script keeps its name');
  assert.ok(snapshot.strings.includes('plantedClosureVariable'), 'so does a variable');
});

test('a redacted string says how long it is and a short hash, the same for the same content', async (t) => {
  const first = await rsprof.heapSnapshot({ dir: tempDir(t), redact: 'strings' });
  const second = await rsprof.heapSnapshot({ dir: tempDir(t), redact: 'strings' });
  const passwords = [first, second].map(({ path }) => {
    const snapshot = readHeapSnapshot(path);
    const holder = snapshot
      .nodesNamed('PlantedAccount')
      .find((node) => snapshot.propertyNames(node).includes('plantedPassword'));
    return snapshot.name(snapshot.follow(holder, 'plantedPassword'));
  });
  assert.match(passwords[0], /^<24 chars #[0-9a-f]{12}>$/);
  assert.equal(passwords[1], passwords[0], 'two snapshots of one process can be compared');
});

test('redaction changes no figure of the graph: nodes, edges, classes and sizes stay', async (t) => {
  const { path, nodeCount, edgeCount } = await rsprof.heapSnapshot({
    dir: tempDir(t),
    redact: 'strings',
  });
  const snapshot = readHeapSnapshot(path);
  assert.equal(snapshot.nodeCount, nodeCount);
  assert.equal(snapshot.edgeCount, edgeCount);
  const texts = new Set(snapshot.nodesNamed('', 'string').map((node) => snapshot.selfSize(node)));
  assert.ok(texts.size <= 2, 'the empty string stays itself');
});

test('a stream can be redacted too', async () => {
  const chunks = [];
  for await (const chunk of rsprof.heapSnapshotStream({ redact: 'strings' })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  assertNoSecret(bytes.toString('utf8'));
  assertPlanted(parseHeapSnapshot(bytes));
});

if (isNative || nodeMajor >= 20) {
  test('numbers that were asked for stay readable in a redacted file', async (t) => {
    const number = 50_000_000 + (process.pid % 1000);
    globalThis.rsprofPlantedNumber = { plantedAmount: number };
    const options = { dir: tempDir(t), redact: 'strings', numericValues: true };
    const { path } = await rsprof.heapSnapshot(options);
    const snapshot = readHeapSnapshot(path);
    assertNoSecret(snapshot.text);
    assert.ok(snapshot.strings.includes(String(number)));
  });
}

test('numbers that were not asked for are hidden in a redacted file', async (t) => {
  const number = 60_000_000 + (process.pid % 1000);
  globalThis.rsprofHiddenNumber = { plantedAmount: number };
  const { path } = await rsprof.heapSnapshot({ dir: tempDir(t), redact: 'strings' });
  assert.ok(!unpackFile(path).toString('utf8').includes(String(number)));
});
