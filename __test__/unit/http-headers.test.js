'use strict';

/** What a download reads of a request's headers, and what it writes into those of the answer. */

const assert = require('node:assert/strict');
const test = require('node:test');
const { accepts } = require('../../lib/http/accepts.js');
const { attachment } = require('../../lib/http/disposition.js');
const { rangeOf } = require('../../lib/http/range.js');

test('a coding is taken where the client says so, by its weight', () => {
  const taken = ['gzip', 'br, gzip', 'GZIP;q=0.1', 'x-gzip', '*', 'br;q=1 , * ; q=0.5'];
  for (const header of taken) assert.equal(accepts(header, 'gzip'), true, header);
  const refused = [
    undefined,
    '',
    'br',
    'gzip;q=0',
    'gzip; q=0.0, *',
    'gzip;q=x',
    '*;q=0',
    'identity',
    'x',
  ];
  for (const header of refused) assert.equal(accepts(header, 'gzip'), false, String(header));
  assert.equal(accepts(`${'x,'.repeat(1000)}gzip`, 'gzip'), false);
  assert.deepEqual([accepts('zstd', 'zstd'), accepts('x-gzip', 'zstd')], [true, false]);
});

const FILE = { size: 100, etag: '"abc"' };

test('a single range is cut to what is there', () => {
  const cases = {
    'bytes=0-0': [0, 0],
    'bytes=10-19': [10, 19],
    'bytes=90-': [90, 99],
    'bytes=90-1000': [90, 99],
    'bytes=-10': [90, 99],
    'bytes=-1000': [0, 99],
  };
  for (const [range, [start, end]] of Object.entries(cases))
    assert.deepEqual(rangeOf({ range }, FILE), { start, end, isPart: true }, range);
});

test('what is beyond the end cannot be had; what is no single range means the whole file', () => {
  for (const range of ['bytes=100-', 'bytes=100-200', 'bytes=-0'])
    assert.equal(rangeOf({ range }, FILE), null, range);
  assert.equal(rangeOf({ range: 'bytes=0-' }, { ...FILE, size: 0 }), null);
  const whole = { start: 0, end: 99, isPart: false };
  const others = [
    undefined,
    'bytes=',
    'bytes=-',
    'bytes=0-1,3-4',
    'bytes=5-2',
    'rows=1-2',
    'bytes=1e1-',
  ];
  for (const range of others) assert.deepEqual(rangeOf({ range }, FILE), whole, String(range));
  assert.deepEqual(rangeOf({ range: `bytes=${'9'.repeat(30)}-` }, FILE), whole);
});

test('a range of another state of the file is answered with the whole', () => {
  const of = (condition) => rangeOf({ range: 'bytes=1-2', 'if-range': condition }, FILE).isPart;
  assert.equal(of('"abc"'), true);
  for (const condition of ['"abd"', 'W/"abc"', '', 'Sun, 06 Nov 1994 08:49:37 GMT'])
    assert.equal(of(condition), false, condition);
});

test('no name ends the header, the quotes, or the folder', () => {
  const cases = {
    'a-1.heapsnapshot': 'attachment; filename="a-1.heapsnapshot"',
    'a"b;c.cpuprofile':
      'attachment; filename="a_b_c.cpuprofile"; filename*=UTF-8\'\'a%22b%3Bc.cpuprofile',
    'a\r\nX: y': 'attachment; filename="a__X_ y"; filename*=UTF-8\'\'a%0D%0AX%3A%20y',
    'ä日.x': 'attachment; filename="__.x"; filename*=UTF-8\'\'%C3%A4%E6%97%A5.x',
    "it's (1)*!": 'attachment; filename="it_s (1)__"; filename*=UTF-8\'\'it%27s%20%281%29%2A%21',
    '../up\\down': 'attachment; filename=".._up_down"',
    'half \ud800 of one': 'attachment; filename="half _ of one"',
  };
  for (const [name, header] of Object.entries(cases)) assert.equal(attachment(name), header);
});
