'use strict';

/** export on the command line. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { readPprof } = require('../support/pprof.js');
const { names, tempDir } = require('../support/tempdir.js');
const { cli } = require('./run.js');

const SOURCE = path.join(__dirname, '../../src/profile/tests/data/node-26.cpuprofile');

test('export writes the file that is asked for, and says so', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'a.pb.gz');
  for (const _ of ['new', 'replaced']) {
    const run = await cli('export', SOURCE, '--format', 'pprof', '--out', out);
    assert.deepEqual([run.code, run.stderr], [0, '']);
    assert.match(run.stdout, /a\.pb\.gz \([\d,.]+ .?B\)\n$/);
  }
  const { samples } = readPprof(out);
  assert.ok(samples.some(({ stack }) => stack.at(-1).name === 'pack'));
  assert.deepEqual(names(dir), ['a.pb.gz']);
});

test('wrong use is told', async () => {
  const uses = [
    [['export', 'a', '--out', 'b'], /export needs --format/],
    [['export', 'a', '--format', 'pprof'], /export needs --out/],
    [['export', 'a', '--format', 'svg', '--out', 'b'], /--format is one of pprof, .*; got svg/],
    [['export', '--format', 'pprof', '--out', 'b'], /export needs FILE/],
  ];
  for (const [args, message] of uses) {
    const { code, stdout, stderr } = await cli(...args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, message);
    assert.match(stderr, /Try: npx rsprof export --help/);
  }
  const { stdout } = await cli('export', '--help');
  assert.match(stdout, /--format pprof/);
});

test('a file that is no profile is a failure that leaves nothing', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'a');
  fs.writeFileSync(file, '{}');
  const out = path.join(dir, 'b');
  const { code, stderr } = await cli('export', file, '--format', 'folded', '--out', out);
  assert.equal(code, 2);
  assert.match(stderr, /ERR_RSPROF_INVALID_PROFILE/);
  assert.deepEqual(names(dir), ['a']);
});
