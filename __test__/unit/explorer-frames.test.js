'use strict';

/** What the process of an open file says, in pieces of every size. */

const assert = require('node:assert/strict');
const test = require('node:test');
const { FrameReader, MAX_ANSWER, MAX_LINE, frame } = require('../../lib/http/explorer-frames.js');

const SENT = [
  [{ id: 1, progress: { percent: 3 } }],
  [{ id: 1 }, '{"a":"é\\n\n"}'],
  [{ id: 2 }, ''],
  [{ id: 3, error: { code: 'X', message: 'line\nbreak' } }],
  [{ id: 4 }, 'x'.repeat(1000)],
];

function received(stream, size) {
  const found = [];
  const reader = new FrameReader((head, body) => found.push([head, body && String(body)]));
  for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
  return found;
}

test('frames arrive whole, whatever the pieces', () => {
  const stream = Buffer.concat(SENT.flatMap((one) => frame(...one)));
  const expected = SENT.map(([head, body]) =>
    body === undefined ? [head, null] : [{ ...head, bytes: Buffer.byteLength(body) }, body],
  );
  for (let size = 1; size <= 70; size++) assert.deepEqual(received(stream, size), expected);
  assert.deepEqual(received(stream, stream.length), expected);
});

test('what is too large or no frame is refused before it is kept', () => {
  const push = (text) => received(Buffer.from(text), 1 << 20);
  assert.deepEqual(push(`{"id":1,"bytes":${MAX_ANSWER}}\nabc`), []);
  for (const bytes of [MAX_ANSWER + 1, -1, 1.5, '"9"', 'null']) {
    assert.throws(() => push(`{"id":1,"bytes":${bytes}}\n`), /too large/, String(bytes));
  }
  assert.throws(() => push(`"${'x'.repeat(MAX_LINE)}`), /too long/);
  assert.throws(() => push('nonsense\n'), SyntaxError);
});
