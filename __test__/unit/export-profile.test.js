'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { exportProfile } = require('../../index.js');
const { useAddon } = require('./analysis-support.js');
const { assertIdle, tempDir } = require('./support.js');

test.afterEach(assertIdle);

const refused = (options, message) =>
  assert.rejects(exportProfile('a.cpuprofile', options), (error) => {
    assert.equal(error.code, 'ERR_RSPROF_INVALID_ARG');
    assert.match(error.message, message);
    return true;
  });

test('what is left out or wrong is named', async () => {
  await refused(
    undefined,
    /needs the option 'format': one of pprof, speedscope, folded, chrome, html/,
  );
  await refused({ format: 'pprof' }, /needs the option 'out'/);
  await refused(
    { format: 'svg', out: 'a' },
    /'format' of exportProfile\(\) must be one of 'pprof'/,
  );
  await refused({ format: 'pprof', out: '' }, /'out'/);
  await refused({ format: 'pprof', out: 'a', top: 3 }, /has no option 'top'/);
  await refused('a.pb.gz', /a file name is given as \{ out: 'a\.pb\.gz' \}/);
  await assert.rejects(exportProfile(7), { code: 'ERR_RSPROF_INVALID_ARG' });
});

test('a profile that is not there is told before anything is written', async (t) => {
  const file = path.join(tempDir(t), 'missing');
  const options = { format: 'pprof', out: path.join(path.dirname(file), 'a') };
  await assert.rejects(exportProfile(file, options), { code: 'ERR_RSPROF_NOT_FOUND' });
});

test('an abort ends the reading at once', async (t) => {
  const file = path.join(tempDir(t), 'a.cpuprofile');
  fs.writeFileSync(file, '{}');
  const controller = new AbortController();
  const calls = [];
  class ProfileFile {
    load() {
      calls.push('load');
      setImmediate(() => controller.abort());
      let end;
      const done = new Promise((resolve) => {
        end = resolve;
      });
      const cancel = () => {
        calls.push('cancel');
        end({ error: { code: 'ERR_RSPROF_ABORTED', message: 'cancelled' } });
      };
      return { done, cancel };
    }
  }
  useAddon(t, { analyzeHeap() {}, ProfileFile });
  const options = { format: 'pprof', out: `${file}.pb.gz`, signal: controller.signal };
  await assert.rejects(exportProfile(file, options), { code: 'ERR_RSPROF_ABORTED' });
  assert.deepEqual(calls, ['load', 'cancel']);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['a.cpuprofile']);
});
