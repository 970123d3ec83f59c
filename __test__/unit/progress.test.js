'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const test = require('node:test');
const { followProgress } = require('../../lib/progress.js');
const { until } = require('./support.js');

const recording = { progress: () => ({ done: 1, total: 4, rawBytes: 10 }) };

test('it polls, and its last call says 100 %', async () => {
  const calls = [];
  const following = followProgress(recording, (progress) => calls.push(progress));
  await until(() => calls.length >= 2);
  following.finish(99);
  const count = calls.length;
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(calls.length, count);
  assert.deepEqual(calls[0], { percent: 25, done: 1, total: 4, rawBytes: 10 });
  assert.deepEqual(calls.at(-1), { percent: 100, done: 4, total: 4, rawBytes: 99 });
});

test('a failed capture makes no last call', () => {
  const calls = [];
  followProgress(recording, (progress) => calls.push(progress)).stop();
  assert.deepEqual(calls, []);
});

async function assertMuted(callback) {
  let calls = 0;
  const alive = setInterval(() => {}, 1000);
  const warned = once(process, 'warning');
  const following = followProgress(recording, () => {
    calls += 1;
    return callback();
  });
  const [warning] = await warned;
  assert.equal(warning.code, 'RSPROF_ON_PROGRESS');
  assert.match(warning.message, /onProgress failed and is not called again: .*callback trouble/s);
  await new Promise((resolve) => setTimeout(resolve, 250));
  following.finish(1);
  clearInterval(alive);
  assert.equal(calls, 1);
}

test('a callback that throws is a warning, once, and never called again', () =>
  assertMuted(() => {
    throw new Error('callback trouble');
  }));

test('a callback that rejects is the same', () =>
  assertMuted(() => Promise.reject(new Error('callback trouble'))));

test('a recording that has nothing to say any more is no trouble', () => {
  const calls = [];
  const over = {
    progress() {
      throw new Error('released');
    },
  };
  followProgress(over, (progress) => calls.push(progress)).finish(5);
  assert.deepEqual(calls, [{ percent: 100, done: 0, total: 0, rawBytes: 5 }]);
});

test('without a callback there is no timer', (t) => {
  const started = t.mock.method(globalThis, 'setInterval');
  followProgress(recording, undefined).finish(1);
  assert.equal(started.mock.callCount(), 0);
});
