'use strict';

// `npm run fuzz`: libFuzzer on the readers of heap snapshots and of profiles, for `--seconds` (60) each. What
// it finds is kept in .cache/fuzz, what makes it fail too. It takes a C++ compiler, which libFuzzer is written for.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { root, run } = require('./support/run.js');

/** What cargo-fuzz sets, without what only a nightly compiler knows. */
const COVERAGE = [
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '--cfg=fuzzing',
];

const LONGEST_FILE = 16_384;
const MEMORY_MB = 1024;

const TARGETS = ['heap', 'profile'];

const folder = path.join(root, '.cache', 'fuzz');

/** @returns {Promise<boolean>} whether there is what libFuzzer is built with */
async function hasCompiler() {
  const { code } = await run(process.env.CXX ?? 'c++', ['--version']).catch(() => ({ code: 1 }));
  return code === 0;
}

async function hostTarget() {
  const { output } = await run('rustc', ['-vV']);
  return /^host: (\S+)$/m.exec(output)[1];
}

/** @returns {Promise<{ code: number, output: string, programs?: string }>} `programs`: their folder */
async function build() {
  // Named, so that the flags are not for build scripts.
  const target = await hostTarget();
  const manifest = path.join(root, 'fuzz', 'Cargo.toml');
  const targetDir = path.join(root, 'target', 'fuzz');
  const env = { RUSTFLAGS: COVERAGE.join(' '), CARGO_TARGET_DIR: targetDir };
  const args = ['build', '--release', '--manifest-path', manifest, '--target', target];
  const { code, output } = await run('cargo', args, { env });
  return { code, output, programs: path.join(targetDir, target, 'release') };
}

/** Fuzzes one target. */
function fuzzTarget(programs, target, seconds) {
  const [corpus, found] = ['corpus', 'found'].map((name) => path.join(folder, target, name));
  for (const one of [corpus, found]) fs.mkdirSync(one, { recursive: true });
  return run(
    path.join(programs, target),
    [
      corpus,
      path.join(root, 'fuzz', 'seeds', target),
      `-max_total_time=${seconds}`,
      `-max_len=${LONGEST_FILE}`,
      `-rss_limit_mb=${MEMORY_MB}`,
      '-timeout=10',
      `-artifact_prefix=${found}${path.sep}`,
      '-print_final_stats=1',
    ],
    { timeout: (seconds + 120) * 1000 },
  );
}

/**
 * Fuzzes all targets, one after the other.
 *
 * @param {number} seconds for each
 * @returns {Promise<{ code: number, output: string }>} 0 where nothing was found
 */
async function fuzz(seconds) {
  const built = await build();
  if (built.code !== 0) return built;
  let output = '';
  for (const target of TARGETS) {
    const ended = await fuzzTarget(built.programs, target, seconds);
    output += `${target}:\n${ended.output}`;
    if (ended.code !== 0) return { code: ended.code, output };
  }
  return { code: 0, output };
}

async function main() {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
  const { code, output } = await fuzz(Number(values.seconds));
  console.log(output);
  process.exitCode = code;
}

module.exports = { fuzz, hasCompiler };

if (require.main === module) main();
