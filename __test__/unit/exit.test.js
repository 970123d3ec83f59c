'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const test = require('node:test');
const { onExit } = require('../../lib/exit.js');

const FILE = require.resolve('../../lib/exit.js');

test('one listener however many captures, none when idle', () => {
  const before = process.listenerCount('exit');
  const first = onExit(() => {});
  const second = onExit(() => {});
  assert.equal(process.listenerCount('exit'), before + 1);
  first();
  first();
  assert.equal(process.listenerCount('exit'), before + 1);
  second();
  assert.equal(process.listenerCount('exit'), before);
});

test('at exit all clean-ups run, the newest first, whatever one of them throws', () => {
  const script = `
    const { onExit } = require(${JSON.stringify(FILE)});
    onExit(() => console.log('first'));
    onExit(() => { throw new Error('x'); });
    onExit(() => console.log('gone'))();
    onExit(() => console.log('last'));
    process.exit(7);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout, stderr], [7, 'last\nfirst\n', '']);
});
