'use strict';

/** Figures, escapes and lines: what every output of a report is made of. */

const assert = require('node:assert/strict');
const test = require('node:test');
const { code, html, json, markdown, markdownProse, visible } = require('../../lib/escape.js');
const labels = require('../../lib/cli/labels.js');
const { proseParts } = require('../../lib/prose.js');
const { hasColours, makeStyle } = require('../../lib/cli/style.js');
const { table } = require('../../lib/cli/text/table.js');
const { cut, cutMiddle, width, wrap } = require('../../lib/cli/text/width.js');
const units = require('../../lib/units.js');

test('sizes are powers of 1024, and read back', () => {
  const sizes = {
    0: '0 B',
    1023: '1023 B',
    1024: '1.0 kB',
    1048524: '1023.9 kB',
    1048575: '1.0 MB',
    109262118: '104.2 MB',
    '-1536': '-1.5 kB',
    4509715661: '4.2 GB',
  };
  for (const [bytes, text] of Object.entries(sizes)) assert.equal(units.size(Number(bytes)), text);
  const parsed = {
    0: 0,
    4096: 4096,
    '5MB': 5 * 2 ** 20,
    '1.5 GB': 1.5 * 2 ** 30,
    '300k': 300 * 1024,
    '2MiB': 2 * 2 ** 20,
    '7 b': 7,
  };
  for (const [text, bytes] of Object.entries(parsed)) assert.equal(units.parseSize(text), bytes);
  for (const text of ['', 'MB', '-1MB', '5 %', '1e3', '0x10', '5XB', 'NaN']) {
    assert.equal(units.parseSize(text), undefined, text);
  }
});

test('counts, shares, times, signs', () => {
  assert.deepEqual([0, 999, 1000, 12_012_332].map(units.count), [
    '0',
    '999',
    '1,000',
    '12,012,332',
  ]);
  assert.equal(units.count(-1234567), '-1,234,567');
  assert.deepEqual([0, 0.0001, 0.849, 1].map(units.percent), [
    '0.0 %',
    '< 0.1 %',
    '84.9 %',
    '100.0 %',
  ]);
  assert.deepEqual([0.4, 999, 2345].map(units.duration), ['0 ms', '999 ms', '2.3 s']);
  assert.deepEqual(
    [5, 0, -5].map((value) => units.signed(value, units.count)),
    ['+5', '0', '-5'],
  );
  assert.deepEqual([units.plural(1, 'root'), units.plural(2, 'root')], ['1 root', '2 roots']);
});

test('whatever a terminal or an eye may act upon becomes visible', () => {
  assert.equal(visible('a\u001b[2J\n\t\r\u0000\u007f\u009b'), 'a\\x1b[2J\\n\\t\\r\\x00\\x7f\\x9b');
  assert.equal(
    visible('\u202eabc\u2066\u200b\u2028\ufeff'),
    '\\u202eabc\\u2066\\u200b\\u2028\\ufeff',
  );
  assert.equal(visible('\ud800x\u{e0041}'), '\\ud800x\\u{e0041}');
  assert.equal(visible('größe 语 😀 é'), 'größe 语 😀 é');
});

test('JSON for a terminal is the same value, without a raw control', () => {
  const value = { 'a\u009b\u202e': ['\u001b]0;x\u0007', '\u2028', '\ud800', '\u{e0041}', 'é😀'] };
  const text = json(value, 2);
  assert.deepEqual(JSON.parse(text), value);
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  assert.ok(text.includes('é😀'));
});

test('HTML: no markup, no attribute ends early', () => {
  assert.equal(html(`<a href="x" b='y'>&`), '&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;');
});

test('Markdown: ids become code, all else is only text', () => {
  assert.equal(markdown('1 Manager @65893: 31 Room'), '1 Manager `@65893`: 31 Room');
  assert.equal(
    markdown('@octocat `@team` @12x'),
    '@<!-- -->octocat \\`@<!-- -->team\\` @<!-- -->12x',
  );
  assert.equal(markdown('b #12 a#7 # h'), 'b #<!-- -->12 a#<!-- -->7 # h');
  assert.equal(markdown('# head'), '\\# head');
  assert.equal(markdown('1. one'), '\\1. one');
  assert.equal(
    markdown('<img onerror=x> [a](b) *c* _d_ |'),
    '\\<img onerror=x\\> \\[a\\](b) \\*c\\* \\_d\\_ \\|',
  );
  assert.equal(markdown('http://a.b www.c.d'), 'http\\://a.b www<!-- -->.c.d');
  assert.equal(markdown('a\nb'), 'a\\\\nb');
});

test('Markdown code: in backticks, or as entities where those could end', () => {
  assert.equal(code('Room @1'), '`Room @1`');
  assert.equal(code('a`b'), '<code>a&#96;b</code>');
  assert.equal(code('a|<b>'), '<code>a&#124;&#60;b&#62;</code>');
  assert.equal(code(' a'), '<code> a</code>');
  assert.equal(code(''), '<code></code>');
});

test('code in our sentences: only between two backticks', () => {
  const texts = (text) => proseParts(text).map((part) => (part.isCode ? [part.text] : part.text));
  assert.deepEqual(texts('use `a b` or `c`.'), ['use ', ['a b'], ' or ', ['c'], '.']);
  assert.deepEqual(texts('`a`'), [['a']]);
  assert.deepEqual(texts('no code'), ['no code']);
  assert.deepEqual(texts('one ` two'), ['one ` two']);
  assert.deepEqual(texts(''), []);
});

test('Markdown prose: code is code, all else is only text', () => {
  assert.equal(markdownProse('`a*b` *c* @1'), '`a*b` \\*c\\* `@1`');
  assert.equal(markdownProse('`a|b`'), '<code>a&#124;b</code>');
  assert.equal(markdownProse('- `x` 1. y'), '\\- `x` 1. y');
  assert.equal(markdownProse('`@octocat` <b>'), '`@octocat` \\<b\\>');
});

test('names of objects, edges and places', () => {
  const object = (name, kind = 'object') => ({ id: 7, name, kind });
  assert.equal(labels.objectLabel(object('Room')), 'Room @7');
  assert.equal(labels.objectLabel(object('', 'array')), '(array) @7');
  const edge = (kind, name) => labels.edgeLabel({ kind, name });
  assert.deepEqual(
    [edge('property', 'a'), edge('property', 'a-b'), edge('element', '3'), edge('context', 'x')],
    ['.a', '["a-b"]', '[3]', 'x (variable)'],
  );
  assert.equal(edge('newer', 'x'), 'x');
  assert.equal(labels.placeLabel({ file: '/a/b.js', line: 3, column: 4 }), '/a/b.js:3:4');
  assert.equal(labels.shortPlace({ file: '/a/b.js', line: 3, column: 4 }), 'b.js:3');
  assert.equal(labels.placeLabel(null), '');
  assert.equal(labels.shellWord('a/b.c'), 'a/b.c');
  assert.equal(labels.shellWord("a b'c"), "'a b'\\''c'");
});

test('a long path loses its middle, and the number of its root', () => {
  const step = (at) => ({ edge: { kind: 'element', name: String(at) }, object: at });
  const path = Array.from({ length: 40 }, (_, at) => step(at));
  const shown = labels.shownSteps(path, 12);
  assert.equal(shown.length, 13);
  assert.deepEqual(shown[6], { skipped: 28 });
  assert.deepEqual(shown[0], { label: '', object: 0, isEnd: false, isInternal: false });
  assert.deepEqual(shown[12], { label: '[39]', object: 39, isEnd: true, isInternal: false });
  assert.equal(labels.shownSteps(path.slice(0, 12), 12).length, 12);
  assert.deepEqual(labels.shownSteps([], 12), []);
});

test('lines are as wide as they look', () => {
  assert.deepEqual(['abc', '语言', 'e\u0301', '😀'].map(width), [3, 4, 1, 2]);
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('语言语言', 4), '语…');
  for (const text of ['some words and more of them', 'x'.repeat(50), '语'.repeat(20), '', 'a  b']) {
    const lines = wrap(text, 10);
    assert.ok(lines.every((line) => width(line) <= 10));
    assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
  }
});

test('a path loses its middle: its end says most', () => {
  assert.equal(cutMiddle('global.manager.rooms', 20), 'global.manager.rooms');
  assert.equal(cutMiddle('global.manager.rooms', 10), 'glo….rooms');
  assert.equal(cutMiddle('语言语言语言', 6), '…语言');
  assert.ok(width(cutMiddle('语言语言语言', 7)) <= 7);
});

test('a table fits: the flexible columns give way', () => {
  const columns = [
    { title: 'name', flexible: true },
    { title: 'n', align: 'right' },
  ];
  const rows = [
    ['x'.repeat(80), '1'],
    ['语', '1,000'],
  ];
  const lines = table(columns, rows, { room: 40, style: makeStyle(false) });
  assert.ok(lines.every((line) => width(line) <= 40));
  assert.equal(lines[1].endsWith('…      1'), true);
  assert.equal(width(lines[2]), 40);
});

test('colours: none unless asked for or a terminal', () => {
  const tty = { isTTY: true };
  assert.equal(hasColours(tty, {}), true);
  assert.equal(hasColours({}, {}), false);
  assert.equal(hasColours(tty, { TERM: 'dumb' }), false);
  assert.equal(hasColours(tty, { NO_COLOR: '1' }), false);
  assert.equal(hasColours(tty, { NO_COLOR: '' }), true);
  assert.equal(hasColours({}, { FORCE_COLOR: '1', NO_COLOR: '1' }), true);
  assert.equal(hasColours(tty, { FORCE_COLOR: '0' }), false);
  assert.equal(makeStyle(false).red('a'), 'a');
  assert.equal(makeStyle(true).red('a'), '\u001b[31ma\u001b[39m');
});
