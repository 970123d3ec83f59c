'use strict';

/** The action `report`: Node's diagnostic report as a file, and what is not in it. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { Worker } = require('node:worker_threads');
const { once } = require('node:events');
const {
  commandLine,
  diagnosticReport,
  isQuiet,
} = require('../../lib/watch/actions/diagnostic-report.js');
const { hasWorkers } = require('../../lib/watch/actions/worker-census.js');
const { run } = require('./actions-support.js');
const { assertIdle, code, tempDir } = require('./support.js');

test.afterEach(assertIdle);

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

test('a whole file with a sidecar, of mode 0600, under a name of ours', async (t) => {
  const dir = path.join(tempDir(t), 'made');
  const before = process.report.excludeNetwork;
  process.env.RSPROF_TEST_SECRET = 'sesame';
  t.after(() => delete process.env.RSPROF_TEST_SECRET);
  const { outputs, files, errors } = await run(['report'], { dir });
  assert.deepEqual(errors, []);
  const { kind, path: file, bytes, pauseMs } = outputs.report;
  assert.equal(kind, 'report');
  assert.match(path.basename(file), /^\d{8}T\d{6}\.\d{3}Z-\d+-\d+-\d+\.report\.json$/);
  assert.deepEqual(files, [file, `${file}.json`]);
  assert.deepEqual(fs.readdirSync(dir).length, 2);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(fs.statSync(file).size, bytes);
  assert.ok(pauseMs > 0);
  const report = read(file);
  assert.equal(report.header.processId, process.pid);
  assert.equal(report.header.nodejsVersion, process.version);
  assert.ok(report.javascriptHeap.usedMemory > 0);
  assert.ok(!('networkInterfaces' in report.header));
  assert.ok(!fs.readFileSync(file, 'utf8').includes('sesame'));
  assert.equal(read(`${file}.json`).kind, 'report');
  assert.equal(process.report.excludeNetwork, before);
});

test('a name of the user is a part of the name, and leads nowhere else', async (t) => {
  const dir = tempDir(t);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of ours
  const name = '../../etc/${rule.name}/$ü x';
  const { outputs } = await run([{ type: 'report', name }], { dir, rule: { name: 'a/b\0' } });
  const { path: file } = outputs.report;
  assert.equal(path.dirname(file), dir);
  assert.match(path.basename(file), /-\d{4}\.\.\._\.\._etc_a_b_x00_x\.report\.json$/);
});

test('a report that does not fit, or cannot be written, is an error; nothing is left', async (t) => {
  const dir = tempDir(t);
  const fits = () => ({ reason: 'no room' });
  const { errors } = await run(['report'], { dir, fits });
  code('BUDGET', ({ message }) => /no report now: no room/.test(message))(errors[0].error);
  const file = path.join(dir, 'file');
  fs.writeFileSync(file, '');
  const other = await run(['report'], { dir: path.join(file, 'x') });
  code('NOT_FOUND')(other.errors[0].error);
  assert.deepEqual(fs.readdirSync(dir), ['file']);
});

test("of the command line Node's own arguments stay, and the names of the others", () => {
  const line = (execArgv, ...argv) =>
    commandLine({ execPath: 'node', execArgv, argv: ['node', ...argv] });
  assert.deepEqual(
    line(
      ['--max-old-space-size=64', '-r', './a.js'],
      '/srv/app.js',
      '--port=80',
      '--token',
      'sesame',
      '-x',
      'y',
      '--k=v=w',
    ),
    [
      'node',
      '--max-old-space-size=64',
      '-r',
      './a.js',
      '/srv/app.js',
      '--port=***',
      '--token',
      '***',
      '-x',
      '***',
      '--k=***',
    ],
  );
  assert.deepEqual(line(['-e', 'code()'], '/a/secret'), ['node', '-e', '***', '***']);
  assert.deepEqual(line(['--eval=code()', '--print', 'x'], 'y'), [
    'node',
    '--eval=***',
    '--print',
    '***',
    '***',
  ]);
  assert.deepEqual(
    line([
      '--import=data:text/javascript,x',
      '--import',
      'data:x',
      '--import=a.mjs',
      '--y=http://u:p@h/',
    ]),
    ['node', '--import=***', '--import', '***', '--import=a.mjs', '--y=http://***@h/'],
  );
});

test('which Node needs no look-ups of names for it', () => {
  const quiet = ['20.19.0', '20.20.2', '22.13.0', '23.3.0', '24.0.0', '26.1.0'];
  const loud = ['18.20.8', '19.9.0', '20.18.9', '21.7.0', '22.12.9', '23.2.0'];
  for (const version of quiet) assert.equal(isQuiet(version), true, version);
  for (const version of loud) assert.equal(isQuiet(version), false, version);
});

test('where Node would look up names the report is one of our own', () => {
  const { report, isBrief } = diagnosticReport({ quiet: false });
  assert.ok(isBrief);
  assert.equal(report.header.host, os.hostname());
  assert.ok(report.javascriptHeap.heapSpaces.length > 3);
  assert.ok(report.javascriptHeap.memoryLimit > report.javascriptHeap.usedMemory);
  assert.ok(!('libuv' in report));
  assert.deepEqual(JSON.parse(JSON.stringify(report)).header.commandLine, commandLine(process));
  const full = diagnosticReport({ quiet: true });
  assert.equal(full.isBrief, false);
  assert.ok(Array.isArray(full.report.libuv));
});

test('worker threads are seen; their environment is not told either', async (t) => {
  process.env.RSPROF_TEST_SECRET = 'sesame';
  t.after(() => delete process.env.RSPROF_TEST_SECRET);
  await run(['report'], { dir: tempDir(t) });
  const script = 'require("node:worker_threads").parentPort.on("message", () => process.exit())';
  const worker = new Worker(script, { eval: true });
  await once(worker, 'online');
  assert.equal(hasWorkers(), true);
  assert.equal(diagnosticReport().isBrief, true);
  const { report } = diagnosticReport({ network: true });
  assert.equal(report.workers.length, 1);
  const text = JSON.stringify(report);
  assert.ok(!text.includes('sesame') && !text.includes('environmentVariables'));
  worker.postMessage('');
  await once(worker, 'exit');
  assert.equal(hasWorkers(), false);
});
