'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const { readBlackbox } = require('../../lib/watch/blackbox/reader.js');
const { summarize } = require('../../lib/watch/blackbox/summary.js');
const { LAST, makeBlackbox } = require('../support/blackbox.js');
const { DEATHS } = require('../support/deaths.js');
const { tempDir } = require('./support.js');

const inDir = (t) => path.join(tempDir(t), 'box.rsprof');

/** The verdict on an invented process, as of `now`. */
async function verdictOn(t, how, { now = LAST + 60_000, alive = false } = {}) {
  const box = await readBlackbox(makeBlackbox(inDir(t), how));
  return summarize(box, { now, alive });
}

test('verdicts on deaths', async (t) => {
  const seen = 'Process 4711 was last seen at 2025-11-21 03:12:';
  const expected = {
    memory:
      `${seen}09 UTC, 2.0 s after the last turn of its event loop; it did not end by itself. ` +
      'Memory of the container was at 99.2 % of 512.0 MB and had risen by 267.9 MB in the last ' +
      '4 minutes: most likely killed for memory (OOM).',
    heap:
      `${seen}07 UTC, 800 ms after the last turn of its event loop; it did not end by itself. ` +
      'The heap was at 99.3 % of the 400.0 MB that V8 gives it and had risen by 283.0 MB in the ' +
      'last 7 minutes: most likely V8 ran out of heap.',
    stuck:
      `${seen}48 UTC, 41 s after the last turn of its event loop; it did not end by itself. ` +
      'The event loop had been stuck for 41 s, the CPU at 101.0 % of a core: most likely ended ' +
      'from outside because it did not answer any more (a failed health check).',
    unknown:
      `${seen}07 UTC, 800 ms after the last turn of its event loop; it did not end by itself. ` +
      'Nothing unusual was seen before: killed from outside (SIGKILL, or SIGTERM without a ' +
      'listener), crashed in native code, or the machine went down.',
  };
  for (const [kind, text] of Object.entries(expected)) {
    const verdict = await verdictOn(t, DEATHS[kind]);
    assert.equal(verdict.text, text);
    assert.equal(verdict.kind, kind);
    assert.equal(verdict.state, 'dead');
    assert.ok(verdict.guess && verdict.check && verdict.known);
  }
});

test('what is only near a limit is a guess; several causes are all told', async (t) => {
  const memoryUsed = 0.9 * 512 * 2 ** 20;
  const near = (before) => ({ ...DEATHS.unknown.readings(before), memoryUsed });
  const perhaps = await verdictOn(t, { seconds: 60, readings: near });
  assert.match(perhaps.text, /at 90\.0 % of 512\.0 MB.*: perhaps killed for memory/);
  assert.match(perhaps.text, /this process held 2\d\d\.\d MB of it, look at the others too/);
  assert.doesNotMatch(perhaps.text, /event loop/, 'without the addon nothing is known of it');
  const both = { ...DEATHS.memory, tail: { ...DEATHS.memory.tail, time: LAST + 30_000 } };
  const { text } = await verdictOn(t, both);
  assert.match(text, /killed for memory \(OOM\)\. The event loop had been stuck for 30 s/);
  const machine = { ...DEATHS.memory, info: { totalMemory: 512 * 2 ** 20 } };
  assert.match((await verdictOn(t, machine)).text, /Memory of the machine was at 99\.2 %/);
});

test('verdicts on what has not died', async (t) => {
  const tail = DEATHS.unknown.tail;
  const cases = [
    [{ end: 'exit code 0' }, {}, /^Process 4711 ended by itself at .* with exit code 0\.$/],
    [
      { end: 'watcher closed' },
      {},
      /^Watching process 4711 ended at .* \(watcher closed\); what bec/,
    ],
    [
      { tail },
      { now: LAST + 3000, alive: true },
      /^Process 4711 runs; it was last seen 2\.2 s ago\.$/,
    ],
    [{ tail }, { now: LAST + 3000, alive: null }, /^Process 4711 seems to run; /],
    [{ tail }, { alive: true }, /^Process 4711 still runs but has written nothing for 59 s: /],
    [{}, { alive: null }, /^Process 4711 seems to run; it was last seen 60 s ago\.$/],
    [{ tail }, { alive: null }, /it wrote no end, and nothing for 59 s since\./],
    [
      DEATHS.stuck,
      { now: LAST + 42_000, alive: true },
      /Its event loop has been stuck for 41 s\.$/,
    ],
    [{ info: { threadId: 3 } }, {}, /^Thread 3 of process 4711 .* A worker that is terminated/],
  ];
  for (const [how, moment, pattern] of cases) {
    const { text } = await verdictOn(t, { seconds: 5, ...how }, moment);
    assert.match(text, pattern);
  }
});
