'use strict';

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const test = require('node:test');
const { UNKNOWN_START, identity, isAlive, startTimeOf } = require('../../lib/process-identity.js');

const FILE = require.resolve('../../lib/process-identity.js');
const linux = { skip: process.platform !== 'linux' && 'needs /proc' };

test('the identity names this process and is the same for another process of this host', () => {
  const own = identity();
  assert.match(own.hostTag, /^[0-9a-f]{8}$/);
  assert.equal(own.pid, process.pid);
  const script = `console.log(JSON.stringify(require(${JSON.stringify(FILE)}).identity()))`;
  const other = JSON.parse(
    spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout,
  );
  assert.equal(other.hostTag, own.hostTag);
  assert.notEqual(other.pid, own.pid);
});

test('the start time is a number that stays', linux, () => {
  assert.match(identity().startTime, /^[1-9]\d*$/);
  assert.equal(startTimeOf(process.pid), identity().startTime);
  assert.equal(startTimeOf(2 ** 30), UNKNOWN_START);
});

test('a command name with spaces and parentheses does not shift the fields', linux, async (t) => {
  const script = "process.title = 'a) b (c 1 2'; console.log('ready'); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ['-e', script]);
  t.after(() => child.kill());
  const before = startTimeOf(child.pid);
  await once(child.stdout, 'data');
  assert.match(before, /^[1-9]\d*$/);
  assert.equal(startTimeOf(child.pid), before);
});

test('this process is alive; one of another start time, or none, is not', linux, () => {
  const { pid, startTime } = identity();
  assert.ok(isAlive({ pid, startTime }));
  assert.ok(isAlive({ pid, startTime: UNKNOWN_START }), 'in doubt it is');
  assert.ok(!isAlive({ pid, startTime: String(Number(startTime) + 1) }));
  assert.ok(!isAlive({ pid: 2 ** 30, startTime }));
});

test('a process of somebody else is alive', linux, () => {
  assert.ok(isAlive({ pid: 1, startTime: startTimeOf(1) }));
});
