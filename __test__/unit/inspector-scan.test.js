'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { SnapshotScanner } = require('../../lib/inspector/snapshot-scan.js');
const {
  STYLES,
  censusSlowly,
  generator,
  randomGraph,
  realSnapshot,
  scan,
  snapshotText,
} = require('./inspector-support.js');
const { code } = require('./support.js');

const invalid = code('INVALID_SNAPSHOT', (error) => assert.match(error.message, /byte \d+/));

const SMALL = {
  nodes: [
    [
      9,
      1,
      1,
      0,
      [
        [2, 2, 1],
        [1, 5, 2],
      ],
    ],
    [3, 3, 3, 40, [[3, 4, 2]]],
    [2, 4, 5, 16, []],
  ],
  strings: ['<dummy>', '', 'rooms', 'Room', 'text \\"\\u00e9\\\\'],
  functions: [[1, 3, 2, 0, 0, 0]],
};

const SMALL_FIGURES = {
  nodeCount: 3,
  edgeCount: 3,
  topClasses: [
    { name: 'Room', count: 1, selfSize: 40 },
    { name: '(string)', count: 1, selfSize: 16 },
    { name: '(synthetic)', count: 1, selfSize: 0 },
  ],
  bytes: null,
};

for (const [name, style] of Object.entries(STYLES)) {
  test(`${name} style: every split into two, and byte by byte`, () => {
    const bytes = Buffer.from(snapshotText(SMALL, style));
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.deepEqual(scan(bytes, [cut]), SMALL_FIGURES);
    const all = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
    assert.deepEqual(scan(bytes, all), SMALL_FIGURES);
  });

  test(`${name} style: a snapshot that ends too early is never taken for whole`, () => {
    const bytes = Buffer.from(snapshotText(SMALL, style));
    for (let end = 0; end < bytes.length; end++) {
      assert.throws(() => scan(bytes.subarray(0, end)), invalid, `cut at ${end}`);
    }
  });
}

test('figures are those of the whole document', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const text = snapshotText(randomGraph(seed), seed % 2 ? STYLES.old : STYLES.new);
    const document = JSON.parse(text);
    const { below } = generator(seed);
    const bytes = Buffer.from(text);
    const cuts = Array.from({ length: 20 }, () => below(bytes.length)).sort((a, b) => a - b);
    const figures = scan(bytes, cuts);
    assert.equal(figures.nodeCount, document.snapshot.node_count);
    assert.equal(figures.edgeCount, document.snapshot.edge_count);
    assert.deepEqual(
      figures.topClasses.map(({ count, selfSize }) => ({ count, selfSize })),
      censusSlowly(document).map(({ count, selfSize }) => ({ count, selfSize })),
    );
  }
});

test('white space of other writers, and empty arrays', () => {
  const text = snapshotText(SMALL)
    .replace('{', ' { ')
    .replaceAll('":', '" :\t')
    .replace('"samples"', '"unknown":{"a":["]",{}],"b":"\\"}"},"n":null,"t":-1.5e3 ,"samples"');
  assert.deepEqual(scan(Buffer.from(`${text}\r\n`)), SMALL_FIGURES);
  const empty = snapshotText({ nodes: [], strings: [] });
  assert.deepEqual(scan(Buffer.from(empty)).topClasses, []);
});

test('a class named like one of the fixed ones joins it', () => {
  const nodes = [
    [3, 1, 1, 10, []],
    [5, 2, 3, 5, []],
    [8, 1, 5, 1, []],
  ];
  const { topClasses } = scan(Buffer.from(snapshotText({ nodes, strings: ['', 'Function', 'f'] })));
  assert.deepEqual(topClasses, [{ name: 'Function', count: 3, selfSize: 16 }]);
});

test('of many classes the 20 largest are reported; long names are cut, lone surrogates replaced', () => {
  const strings = Array.from({ length: 500 }, (_, i) => `Class${i}`);
  strings[7] = `\\uD812${'é'.repeat(400)}`;
  const nodes = strings.map((_, i) => [3, i, i, 500 - i, []]);
  const { topClasses } = scan(Buffer.from(snapshotText({ nodes, strings })));
  assert.equal(topClasses.length, 20);
  assert.deepEqual(topClasses[0], { name: 'Class0', count: 1, selfSize: 500 });
  assert.equal(topClasses[7].name, `\ufffd${'é'.repeat(199)}`);
});

test('sizes beyond 4 GiB count in full', () => {
  const nodes = [
    [3, 0, 1, 5e9, []],
    [3, 0, 3, 5e9, []],
  ];
  const { topClasses } = scan(Buffer.from(snapshotText({ nodes, strings: ['Big'] })));
  assert.equal(topClasses[0].selfSize, 1e10);
});

test('damage is found', () => {
  const good = snapshotText(SMALL);
  const damaged = {
    'more nodes than claimed': good.replace('"node_count":3', '"node_count":2'),
    'fewer nodes than claimed': good.replace('"node_count":3', '"node_count":4'),
    'more edges than claimed': good.replace('"edge_count":3', '"edge_count":2'),
    'fewer edges than claimed': good.replace('"edge_count":3', '"edge_count":4'),
    'a node without its edge': good.replace('3,3,3,40,1,0', '3,3,3,40,0,0'),
    'an edge into a node': good.replace('[2,2,6,', '[2,2,7,'),
    'an edge behind the nodes': good.replace('[2,2,6,', '[2,2,18,'),
    'an edge to nowhere': good.replace('[2,2,6,', '[2,2,99999999999999999999999,'),
    'a node type of no name': good.replace('3,3,3,40,1,0', '77,3,3,40,1,0'),
    'an edge type of no name': good.replace('[2,2,6,', '[7,2,6,'),
    'a node name that is no string': good.replace('3,3,3,40,1,0', '3,5,3,40,1,0'),
    'a wild node name': good.replace('3,3,3,40,1,0', '3,5000000000,3,40,1,0'),
    'an edge name that is no string': good.replace('[2,2,6,', '[2,5,6,'),
    'a function name that is no string': good.replace('[1,3,2,0', '[1,9,2,0'),
    'half a row': good.replace('3,3,3,40,1,0', '3,3,3,40,1'),
    'a row too short at the end': good.replace('2,4,5,16,0,0\n]', '2,4,5,16,0\n]'),
    'a comma too many': good.replace('2,4,5,16,0,0\n]', '2,4,5,16,0,0,\n]'),
    'a comma in front': good.replace('"nodes":[', '"nodes":[,'),
    'a negative number': good.replace('3,3,3,40,1,0', '3,3,-3,40,1,0'),
    'a fraction': good.replace('3,3,3,40,1,0', '3,3,3.5,40,1,0'),
    'a number with a gap': good.replace('3,3,3,40,1,0', '3,3,3,4 0,1,0'),
    'a number beyond 64 bits': good.replace('3,3,3,40,1,0', `3,3,3,4${'0'.repeat(30)},1,0`),
    'a letter among numbers': good.replace('3,3,3,40,1,0', '3,3,3,x,1,0'),
    zeros: good.replace('3,3,3,40,1,0', '3,3,\0\0\0\0\0,1,0'),
    'nodes that are no array': good.replace('"nodes":[', '"nodes":{'),
    'a string too few': good.replace(',"text \\"\\u00e9\\\\"]', ']'),
    'strings that are numbers': good.replace('"rooms"', '17'),
    'a comma after the last string': good.replace(/\]\}$/, ',]}'),
    'strings without comma': good.replace('"rooms","Room"', '"rooms" "Room"'),
    'a control character in a string': good.replace('"rooms"', '"ro\noms"'),
    'an unknown escape': good.replace('"rooms"', '"ro\\xoms"'),
    'a broken unicode escape': good.replace('"rooms"', '"ro\\u12gms"'),
    'no strings': good.replace(',\n"strings"', ',\n"texts"'),
    'no edges': good.replace('"edges":', '"hedges":'),
    'no nodes': good.replace('"nodes":', '"notes":'),
    'two strings sections': good.replace(/\}$/, ',"strings":[]}'),
    'nodes after strings': good.replace('"nodes":', '"a":').replace(/\}$/, ',"nodes":[]}'),
    'a header that is no JSON': good.replace('"node_count":3', '"node_count":03'),
    'a header without counts': good.replace('"node_count":3', '"node_count":"3"'),
    'a header without meta': good.replace('"meta":', '"mete":'),
    'a header without node types': good.replace('"node_types":[[', '"node_types":[0,['),
    'a header without a field': good.replace('"self_size"', '"size"'),
    'a header too late': good.replace('{"snapshot":', '{"nodes":[],"snapshot":'),
    'something behind the end': `${good}{}`,
    'two snapshots': good + good,
    'no object': `[${good}]`,
    'a missing colon': good.replace('"nodes":', '"nodes"'),
    'an escaped key': good.replace('"nodes":', '"n\\u006fdes":'),
    'a key without end': `{"${'k'.repeat(5000)}`,
    nothing: '',
    'an empty object': '{}',
  };
  for (const [what, text] of Object.entries(damaged)) {
    assert.notEqual(text, good, what);
    const bytes = Buffer.from(text);
    assert.throws(() => scan(bytes), invalid, what);
    assert.throws(() => scan(bytes, [Math.floor(bytes.length / 2)]), invalid, what);
  }
});

test('a header without end is not kept in memory for ever', () => {
  const scanner = new SnapshotScanner();
  scanner.write(Buffer.from('{"snapshot":{"a":"'));
  const more = Buffer.alloc(65536, 'x');
  assert.throws(() => {
    for (let i = 0; i < 100; i++) scanner.write(more);
  }, invalid);
});

test("V8's own snapshot of this heap, in pieces of odd sizes", () => {
  const bytes = realSnapshot();
  const document = JSON.parse(bytes.toString('latin1'));
  const { below } = generator(7);
  const cuts = [];
  for (let at = 0; at < bytes.length; at += 1 + below(70_000)) cuts.push(at);
  const figures = scan(bytes, cuts);
  assert.equal(figures.nodeCount, document.snapshot.node_count);
  assert.equal(figures.edgeCount, document.snapshot.edge_count);
  assert.deepEqual(figures.topClasses, censusSlowly(document));
});

test('of a real snapshot every missing tail is noticed', () => {
  const bytes = realSnapshot();
  for (const end of [1, 1000, bytes.length >> 1, bytes.length - 2, bytes.length - 1]) {
    assert.throws(() => scan(bytes.subarray(0, end)), invalid);
  }
});
