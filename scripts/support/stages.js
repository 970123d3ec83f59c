'use strict';

// What `npm test` and `npm run check` are made of. A stage runs something, prints its name, its
// counts and its time in one line, and shows the output of what failed.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { bin, root, run, tail } = require('./run.js');

const LANE_TIMEOUT_MS = 30 * 60_000;
const FILE_TIMEOUT_MS = 10 * 60_000;

/** The sums over all stages so far. */
class Totals {
  passed = 0;
  failed = 0;
  skipped = 0;

  add({ passed, failed, skipped }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
  }

  toString() {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}

/** Runs one command that passes or fails as a whole. */
async function checkStage(totals, name, command, args, options) {
  const { code, output, seconds } = await run(command, args, options);
  const counts = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  report(totals, name, counts, seconds, code === 0 ? '' : output);
}

/** `cargo test`: its own result lines are summed up. */
async function cargoTestStage(totals, name, args) {
  const { code, output, seconds } = await run('cargo', ['test', ...args]);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const line of output.matchAll(/(\d+) passed; (\d+) failed; (\d+) ignored/g)) {
    counts.passed += Number(line[1]);
    counts.failed += Number(line[2]);
    counts.skipped += Number(line[3]);
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  report(totals, name, counts, seconds, code === 0 ? '' : output);
}

/** The files of one kind (`unit`, `formats`, ...), named one by one: `node --test dir/` differs. */
function testFiles(...kinds) {
  return kinds.flatMap((kind) => {
    const folder = path.join(root, '__test__', kind);
    if (!fs.existsSync(folder)) return [];
    return fs
      .readdirSync(folder)
      .filter((name) => /\.test\.m?js$/.test(name))
      .sort()
      .map((name) => path.join('__test__', kind, name));
  });
}

/** Test files on one Node binary, with whatever environment they are to see. */
async function nodeTestStage(totals, name, { node = process.execPath, files, env = {} }) {
  const log = path.join(os.tmpdir(), `rsprof-${process.pid}-${name.replace(/\W+/g, '-')}.log`);
  const args = [
    '--test',
    ...(await timeoutFlags(node)),
    `--test-reporter=${path.join(__dirname, 'count-reporter.mjs')}`,
    '--test-reporter-destination=stdout',
    '--test-reporter=spec',
    `--test-reporter-destination=${log}`,
    ...files,
  ];
  const { code, output, seconds } = await run(node, args, { env, timeout: LANE_TIMEOUT_MS });
  const counts = lastJson(output) ?? { passed: 0, failed: 0, skipped: 0 };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.passed + counts.failed + counts.skipped === 0) counts.failed = 1;
  const details = counts.failed === 0 ? '' : `${failures(read(log))}\n${output}`;
  report(totals, name, counts, seconds, details);
  fs.rmSync(log, { force: true });
}

/** Node 18 has no limit on a test; there the stage's own one ends what hangs. */
async function timeoutFlags(node) {
  const { output } = await run(node, ['--version']);
  const major = Number(/^v(\d+)/.exec(output)?.[1]);
  return major >= 20 ? [`--test-timeout=${FILE_TIMEOUT_MS}`] : [];
}

function lastJson(output) {
  const line = output
    .trimEnd()
    .split('\n')
    .findLast?.((text) => text.startsWith('{"passed"'));
  return line === undefined ? undefined : JSON.parse(line);
}

/** What the spec reporter says at its end about the tests that failed; all of it where it does not. */
function failures(text) {
  const at = text.lastIndexOf('failing tests:');
  return at === -1 ? text : text.slice(at);
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

function report(totals, name, counts, seconds, details) {
  totals.add(counts);
  const mark = counts.failed === 0 ? 'ok  ' : 'FAIL';
  const sums = `${counts.passed} passed, ${counts.failed} failed`;
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(
    `${mark} ${name.padEnd(34)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${sums}${skipped}`,
  );
  if (details === '') return;
  console.log(`---- ${name} ----\n${tail(details, 400)}\n---- end of ${name} ----`);
}

/** Runs jobs (functions that give a promise), at most `width` at a time. */
async function inParallel(width, jobs) {
  const waiting = [...jobs];
  const lane = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) await job();
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** The checks of sources and types that need no addon and no other Node. */
async function sourceStages(totals) {
  const node = process.execPath;
  await checkStage(totals, 'biome', node, [bin('@biomejs/biome', 'bin/biome'), 'check', '.']);
  await checkStage(totals, 'cargo fmt', 'cargo', ['fmt', '--check']);
  await checkStage(totals, 'cargo clippy', 'cargo', [
    'clippy',
    '--all-targets',
    '--',
    '-D',
    'warnings',
  ]);
}

module.exports = {
  Totals,
  checkStage,
  cargoTestStage,
  inParallel,
  nodeTestStage,
  sourceStages,
  testFiles,
};
