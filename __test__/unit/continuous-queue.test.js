'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { PushQueue } = require('../../lib/continuous-queue.js');
const { retryAfter } = require('../../lib/continuous-post.js');

const inMemory = (name, bytes = 10) => ({ name, bytes, body: Buffer.alloc(0) });
const onDisk = (name, bytes = 10) => ({ name, bytes, path: name });
const names = (items) => items.map(({ name }) => name);

function drain(queue) {
  const items = [];
  for (let item = queue.take(); item; item = queue.take()) {
    items.push(item);
    queue.done();
  }
  return names(items);
}

test('first in, first out', () => {
  const queue = new PushQueue(100);
  for (const name of ['a', 'b', 'c']) assert.deepEqual(queue.push(inMemory(name)), []);
  assert.deepEqual([queue.length, queue.bytes], [3, 30]);
  assert.deepEqual(drain(queue), ['a', 'b', 'c']);
  assert.deepEqual([queue.length, queue.bytes], [0, 0]);
});

test('the oldest go, but not the one that is being sent', () => {
  const queue = new PushQueue(30);
  for (const name of ['a', 'b', 'c']) queue.push(inMemory(name));
  assert.equal(queue.take().name, 'a');
  assert.deepEqual(names(queue.push(inMemory('d', 20))), ['b', 'c']);
  assert.deepEqual(drain(queue), ['a', 'd']);
});

test('what alone is too large goes itself', () => {
  const queue = new PushQueue(30);
  queue.push(inMemory('a'));
  assert.deepEqual(names(queue.push(inMemory('b', 31))), ['a', 'b']);
  assert.equal(queue.length, 0);
});

test('never more bytes than allowed, whatever comes', () => {
  const queue = new PushQueue(100);
  for (let round = 0; round < 1000; round++) {
    queue.push(inMemory('x', (round * 7) % 60));
    if (round % 3 === 0) queue.take();
    if (round % 5 === 0) queue.done();
    assert.ok(queue.bytes <= 100, `${queue.bytes} in round ${round}`);
  }
});

test('files do not count for memory, and are forgotten when they are gone', () => {
  const queue = new PushQueue(1);
  for (const name of ['a', 'b', 'c']) assert.deepEqual(queue.push(onDisk(name)), []);
  queue.take();
  assert.deepEqual(names(queue.forget(new Set(['a', 'b', 'z']))), ['b']);
  assert.deepEqual(drain(queue), ['a', 'c']);
});

test('clear() gives back everything', () => {
  const queue = new PushQueue(100);
  queue.push(inMemory('a'));
  queue.take();
  queue.push(inMemory('b'));
  assert.deepEqual(names(queue.clear()), ['a', 'b']);
  queue.done();
  assert.deepEqual([queue.length, queue.bytes], [0, 0]);
});

test('Retry-After: seconds, a date, or nothing that can be read', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(retryAfter('3', now), 3000);
  assert.equal(retryAfter('Thu, 01 Jan 2026 00:00:07 GMT', now), 7000);
  assert.equal(retryAfter('Wed, 31 Dec 2025 00:00:07 GMT', now), 0);
  assert.equal(retryAfter('soon', now), undefined);
  assert.equal(retryAfter(undefined, now), undefined);
});
