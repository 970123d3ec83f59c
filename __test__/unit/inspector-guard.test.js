'use strict';

const assert = require('node:assert/strict');
const inspector = require('node:inspector');
const test = require('node:test');
const { guard, inspectorIsOpen } = require('../../lib/inspector-guard.js');

const { prototype } = inspector.Session;
const original = { post: prototype.post, disconnect: prototype.disconnect };

test.afterEach(() => {
  assert.equal(prototype.post, original.post);
  assert.equal(prototype.disconnect, original.disconnect);
});

function fakeRecording() {
  const recording = { waits: 0, finishSerializing: () => recording.waits++ };
  return recording;
}

function withSession(work) {
  const session = new inspector.Session();
  session.connect();
  return work(session);
}

test('a HeapProfiler command and disconnect() wait for the serialiser, others do not', () => {
  const recording = fakeRecording();
  const release = guard(recording);
  withSession((session) => {
    session.post('Runtime.enable');
    assert.equal(recording.waits, 0);
    session.post('HeapProfiler.enable');
    assert.equal(recording.waits, 1);
    session.disconnect();
    assert.equal(recording.waits, 2);
  });
  release();
});

test('sessions work as before while guarded', () => {
  const release = guard(fakeRecording());
  let answer;
  withSession((session) => {
    session.post('Runtime.evaluate', { expression: '6 * 7' }, (_error, { result }) => {
      answer = result.value;
    });
    session.disconnect();
  });
  assert.equal(answer, 42);
  release();
});

test('the class is as it was when the last one ends', () => {
  const first = fakeRecording();
  const second = fakeRecording();
  const releaseFirst = guard(first);
  const releaseSecond = guard(second);
  assert.notEqual(prototype.post, original.post);
  releaseFirst();
  releaseFirst();
  assert.notEqual(prototype.post, original.post);
  withSession((session) => session.disconnect());
  assert.deepEqual([first.waits, second.waits], [0, 1]);
  releaseSecond();
});

test("somebody else's wrapper around ours stays and works", (t) => {
  const recording = fakeRecording();
  const release = guard(recording);
  const ours = prototype.disconnect;
  const theirs = function () {
    return ours.call(this);
  };
  prototype.disconnect = theirs;
  t.after(() => {
    prototype.disconnect = original.disconnect;
  });
  release();
  assert.equal(prototype.disconnect, theirs);
  withSession((session) => session.disconnect());
  assert.equal(recording.waits, 0);
  prototype.disconnect = original.disconnect;
});

test('the session of inspector/promises is guarded too', async () => {
  let promised;
  try {
    promised = require('node:inspector/promises');
  } catch {
    assert.match(process.version, /^v18\./, 'only Node 18 has none');
    return;
  }
  const before = promised.Session.prototype.post;
  const recording = fakeRecording();
  const release = guard(recording);
  const session = new promised.Session();
  session.connect();
  await session.post('HeapProfiler.enable');
  assert.ok(recording.waits >= 1);
  session.disconnect();
  release();
  assert.equal(promised.Session.prototype.post, before);
});

test('an inspector that listens is seen', () => {
  assert.equal(inspectorIsOpen(), false);
  inspector.open(0);
  assert.equal(inspectorIsOpen(), true);
  inspector.close();
  assert.equal(inspectorIsOpen(), false);
});
