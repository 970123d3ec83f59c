'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { enter, tryEnter } = require('../../lib/gate.js');
const { assertIdle, code, listeners } = require('./support.js');

const KIND = 'heapSnapshot';
const queue = true;

test.afterEach(assertIdle);

test('the second is busy until the first leaves', async () => {
  const leave = await enter(KIND);
  await assert.rejects(enter(KIND), code('BUSY'));
  assert.throws(() => tryEnter(KIND), code('BUSY'));
  leave();
  tryEnter(KIND)();
});

test('the gate is held from the call on', async () => {
  const first = enter(KIND);
  await assert.rejects(enter(KIND), code('BUSY'));
  (await first)();
});

test('kinds do not hinder each other', async () => {
  const leave = await enter(KIND);
  tryEnter('heapProfile')();
  leave();
});

test('leaving twice lets in only one', async () => {
  const leave = await enter(KIND);
  const second = enter(KIND, { queue });
  const third = enter(KIND, { queue });
  leave();
  leave();
  const leaveSecond = await second;
  assert.equal(await Promise.race([third, Promise.resolve('waiting')]), 'waiting');
  leaveSecond();
  (await third)();
});

test('the queue is first come, first served', async () => {
  const order = [];
  const visit = async (name) => {
    const leave = await enter(KIND, { queue });
    order.push(name);
    await new Promise(setImmediate);
    leave();
  };
  await Promise.all(['a', 'b', 'c'].map(visit));
  assert.deepEqual(order, ['a', 'b', 'c']);
});

test('who aborts in the queue leaves it, the next one moves up', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const leave = await enter(KIND);
  const aborted = enter(KIND, { queue, signal });
  const next = enter(KIND, { queue });
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(
    aborted,
    code('ABORTED', (error) => error.cause === reason),
  );
  assert.equal(listeners(signal), 0);
  leave();
  (await next)();
});

test('an abort at the moment of entry does not keep the gate', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const leave = await enter(KIND);
  const waiting = enter(KIND, { queue, signal });
  leave();
  controller.abort();
  await assert.rejects(waiting, code('ABORTED'));
  assert.equal(listeners(signal), 0);
});

test('an aborted signal does not enter', async () => {
  await assert.rejects(enter(KIND, { signal: AbortSignal.abort() }), code('ABORTED'));
});

test('two copies of rsprof share the gate', async () => {
  const file = require.resolve('../../lib/gate.js');
  const cached = require.cache[file];
  delete require.cache[file];
  const copy = require(file);
  require.cache[file] = cached;
  const leave = await enter(KIND);
  assert.throws(
    () => copy.tryEnter(KIND),
    (error) => error.code === 'ERR_RSPROF_BUSY',
  );
  leave();
  copy.tryEnter(KIND)();
});
