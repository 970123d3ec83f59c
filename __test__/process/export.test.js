'use strict';

/** What can go wrong while a profile is exported: nothing is left, and the process goes on. */

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { runForJson, startNode } = require('../support/child.js');
const { names, onCleanup, tempDir } = require('../support/tempdir.js');

const FORMATS = ['pprof', 'speedscope', 'folded', 'chrome', 'html'];

/** A profile of `count` samples whose stacks differ from each to the next. */
function profileText(count) {
  const nodes = [];
  for (let id = 1; id <= 400; id++) {
    const children = id < 400 ? [id + 1] : [];
    const functionName = id === 1 ? '(root)' : `step${id} ${Math.sin(id)}`;
    const callFrame = {
      functionName,
      scriptId: '1',
      url: '/a.js',
      lineNumber: id,
      columnNumber: 1,
    };
    nodes.push({ id, callFrame, hitCount: 0, children });
  }
  const samples = Array.from({ length: count }, (_, at) => 2 + ((at * 7) % 399));
  const timeDeltas = samples.map(() => 1000);
  return JSON.stringify({ nodes, startTime: 0, endTime: count * 1000, samples, timeDeltas });
}

function makeProfile(t, count = 2000) {
  const file = path.join(tempDir(t), 'a.cpuprofile');
  fs.writeFileSync(file, profileText(count));
  return file;
}

test('a disk that is full is a clear error, and nothing is left', async (t) => {
  const file = makeProfile(t);
  const dir = tempDir(t);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', dir]).status !== 0) {
    return t.skip('nothing may be mounted here');
  }
  onCleanup(t, () => execFileSync('umount', ['-l', dir]));
  for (const format of FORMATS) {
    const out = path.join(dir, 'a');
    await assert.rejects(rsprof.exportProfile(file, { format, out }), (error) => {
      assert.equal(error.code, 'ERR_RSPROF_DISK_FULL', error.message);
      assert.ok(error.message.includes(`cannot write ${out}`), error.message);
      return true;
    });
    assert.deepEqual(names(dir), [], format);
  }
});

test('a file size limit is a full disk too', async (t) => {
  const file = makeProfile(t);
  const dir = tempDir(t);
  const script = `
    const [file, out] = process.argv.slice(1);
    rsprof.exportProfile(file, { format: 'folded', out }).catch((error) => {
      console.log(JSON.stringify({ code: error.code, names: require('fs').readdirSync(${JSON.stringify(dir)}) }));
    });`;
  const run = path.join(tempDir(t), 'run.js');
  const preamble = `process.on('SIGXFSZ', () => {}); const rsprof = require(${JSON.stringify(path.join(__dirname, '../..'))});`;
  fs.writeFileSync(run, preamble + script.replace('slice(1)', 'slice(2)'));
  const command = `ulimit -f 16; exec "$0" "$@"`;
  const args = ['-c', command, process.execPath, run, file, path.join(dir, 'a')];
  const text = execFileSync('bash', args, { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(text), { code: 'ERR_RSPROF_DISK_FULL', names: [] });
});

/** Ends the export of `file` when `arm` says so; gives its error, or undefined where it was done by then. */
async function abortWhen(file, out, arm) {
  const controller = new AbortController();
  const reason = new Error('enough');
  const onProgress = arm(() => controller.abort(reason));
  const options = { format: 'speedscope', out, signal: controller.signal, onProgress };
  try {
    const { bytes } = await rsprof.exportProfile(file, options);
    assert.equal(fs.statSync(out).size, bytes);
    fs.rmSync(out);
  } catch (error) {
    assert.deepEqual([error.code, error.cause], ['ERR_RSPROF_ABORTED', reason], error.message);
    return error;
  }
}

test('an abort leaves nothing, whenever it comes', async (t) => {
  const file = makeProfile(t, 200_000);
  const dir = tempDir(t);
  const out = path.join(dir, 'a');
  const whileWriting = (abort) => (progress) => progress.phase === 'writing' && abort();
  const after = (ms) => (abort) => {
    setTimeout(abort, ms);
  };
  assert.ok(await abortWhen(file, out, (abort) => abort()));
  assert.deepEqual(names(dir), []);
  assert.ok(await abortWhen(file, out, whileWriting));
  assert.deepEqual(names(dir), []);
  for (const ms of [0, 3, 10, 30, 100]) {
    await abortWhen(file, out, after(ms));
    assert.deepEqual(names(dir), [], `${ms} ms`);
  }
});

test('progress goes forward and ends at 100', async (t) => {
  const file = makeProfile(t);
  const seen = [];
  const onProgress = (progress) => seen.push(progress);
  const out = `${file}.folded`;
  await rsprof.exportProfile(file, { format: 'folded', out, onProgress });
  const percents = seen.map(({ percent }) => percent);
  assert.deepEqual(
    percents,
    [...percents].sort((a, b) => a - b),
  );
  assert.deepEqual(seen.at(-1), { phase: 'done', percent: 100 });
  assert.equal(seen.filter(({ phase }) => phase === 'done').length, 1);
});

test('a process that exits meanwhile leaves no file', async (t) => {
  const file = makeProfile(t, 200_000);
  const dir = tempDir(t);
  const script = `
    const [file, out] = process.argv.slice(1);
    const onProgress = ({ phase }) => phase === 'writing' && process.exit(7);
    rsprof.exportProfile(file, { format: 'speedscope', out, onProgress });`;
  const { code, stderr } = await startNode(script, { args: [file, path.join(dir, 'a')] }).finished;
  assert.deepEqual([code, stderr], [7, '']);
  assert.deepEqual(names(dir), []);
});

test('a worker that is terminated meanwhile leaves no file', async (t) => {
  const file = makeProfile(t, 200_000);
  const dir = tempDir(t);
  const script = `
    const [file, out] = process.argv.slice(1);
    const { Worker } = require('node:worker_threads');
    const code = \`
      const { workerData, parentPort } = require('node:worker_threads');
      const onProgress = ({ phase }) => parentPort.postMessage(phase);
      require(\${JSON.stringify(${JSON.stringify(path.join(__dirname, '../..'))})})
        .exportProfile(workerData.file, { format: 'speedscope', out: workerData.out, onProgress });\`;
    const worker = new Worker(code, { eval: true, workerData: { file, out } });
    const seen = new Set();
    worker.on('message', (phase) => {
      seen.add(phase);
      if (phase === 'writing') worker.terminate();
    });
    worker.on('exit', () => console.log(JSON.stringify([...seen])));`;
  const seen = await runForJson(script, { args: [file, path.join(dir, 'a')] });
  assert.ok(seen.includes('writing') && !seen.includes('done'), seen.join());
  assert.deepEqual(names(dir), []);
});

test('what is no profile is told, and nothing is written', async (t) => {
  const dir = tempDir(t);
  const out = path.join(dir, 'out');
  const contents = {
    '': /the file is empty/,
    '{"snapshot":{}}': /a heap snapshot/,
    '{"nodes":[': /./,
    '{"nodes":[{"id":1,"callFrame":{},"hitCount":1}],"samples":[2]}': /which is not there/,
  };
  for (const [text, message] of Object.entries(contents)) {
    const file = path.join(dir, 'in');
    fs.writeFileSync(file, text);
    const expected = { code: 'ERR_RSPROF_INVALID_PROFILE', message };
    await assert.rejects(rsprof.exportProfile(file, { format: 'pprof', out }), expected);
    assert.deepEqual(names(dir), ['in']);
  }
});

test('neither the profile itself nor a file that is there is overwritten unasked', async (t) => {
  const file = makeProfile(t);
  const { exportProfile } = rsprof;
  const itself = { format: 'chrome', out: file, overwrite: true };
  await assert.rejects(exportProfile(file, itself), { code: 'ERR_RSPROF_INVALID_ARG' });
  const out = path.join(path.dirname(file), 'there');
  fs.writeFileSync(out, 'mine');
  await assert.rejects(exportProfile(file, { format: 'chrome', out }), {
    code: 'ERR_RSPROF_EXISTS',
  });
  assert.equal(fs.readFileSync(out, 'utf8'), 'mine');
  await exportProfile(file, { format: 'chrome', out, overwrite: true });
  assert.equal(JSON.parse(fs.readFileSync(out, 'utf8')).samples.length, 2000);
  assert.deepEqual(names(path.dirname(file)), ['a.cpuprofile', 'there']);
});
