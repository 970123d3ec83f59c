'use strict';

// The positions are V8's own: programs as compilers and bundlers make them run and are recorded.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { resolveFrames, resolveLines, resolveSources } = require('../../lib/source-maps.js');
const { runNode } = require('../support/child.js');
const { bundle, compile, concatenate, placesIn } = require('../support/compiled.js');
const { tempDir } = require('../support/tempdir.js');

/** Records a run of `program`; gives the nodes of its profile. */
async function record(program) {
  const file = path.join(path.dirname(program), 'run.cpuprofile');
  const options = { path: file, compression: 'none', interval: 250, sidecar: false };
  await runNode(`
    const handle = rsprof.startCpuProfile(${JSON.stringify(options)});
    globalThis.finished = () => handle.stop();
    require(${JSON.stringify(program)});
  `);
  const { nodes } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const name = path.basename(path.dirname(program));
  return nodes.filter(({ callFrame }) => callFrame.url.includes(`/${name}/`));
}

const frameOf = ({ callFrame: { url, lineNumber, columnNumber, functionName } }) => ({
  url,
  line: lineNumber + 1,
  column: columnNumber + 1,
  name: functionName,
});

/** `{ declared: 'file:///…/spin.ts:17', … }` of what was recorded. */
function placesOf(originals) {
  const found = {};
  for (const one of originals) if (one?.name) found[one.name] = `${one.url}:${one.line}`;
  return found;
}

/** Every function of the program is told with the file and the line of its TypeScript. */
async function assertTold(folder, program) {
  const nodes = await record(program);
  const originals = await resolveFrames(nodes.map(frameOf));
  const expected = placesIn(folder);
  const found = placesOf(originals);
  const named = Object.keys(expected).map((name) => [name, found[name]]);
  assert.deepEqual(Object.fromEntries(named), expected);
  return { nodes, originals };
}

/** The hot lines of a profile are told as the loop of `burn`. */
async function assertHotLine(folder, nodes) {
  const source = fs.readFileSync(path.join(folder, 'src', 'spin.ts'), 'utf8').split('\n');
  const isHot = (line) => source[line - 2].includes('// hot');
  const ticks = nodes.flatMap(({ callFrame, positionTicks = [] }) =>
    positionTicks.map((one) => ({ ...one, url: callFrame.url })),
  );
  const [hottest] = ticks.sort((a, b) => b.ticks - a.ticks);
  const [told] = await resolveLines(hottest.url, [hottest.line]);
  assert.ok(told.url.endsWith('/src/spin.ts'), told.url);
  assert.ok(isHot(told.line), `line ${told.line}`);
}

test('TypeScript with a map beside the script: functions and hot lines', async (t) => {
  const folder = tempDir(t);
  const program = compile(folder, 'tsc', ['--target', 'es2022', '--sourceMap']);
  const { nodes } = await assertTold(folder, program);
  await assertHotLine(folder, nodes);
});

test('TypeScript for an old language with the map inside: helpers are nowhere', async (t) => {
  const folder = tempDir(t);
  const program = compile(folder, 'old', ['--target', 'es2015', '--inlineSourceMap']);
  const { nodes, originals } = await assertTold(folder, program);
  const helper = nodes.findIndex(({ callFrame }) => callFrame.functionName === '__awaiter');
  assert.notEqual(helper, -1);
  assert.equal(originals[helper], null);
});

test('a minified bundle: the names before, the lines, and no line of the whole', async (t) => {
  const folder = tempDir(t);
  const program = bundle(folder, 'min', { minify: true, sourcemap: true });
  const { nodes, originals } = await assertTold(folder, program);
  assert.ok(
    nodes.some(({ callFrame }) => callFrame.functionName.length === 1),
    'it is minified',
  );
  const top = nodes.findIndex(({ callFrame }) => frameOf({ callFrame }).column === 1);
  assert.equal(originals[top], null, 'the code at its top is of both sources');
  assert.deepEqual(await resolveLines(program, [1]), [null]);
});

test('a bundle with the map inside: functions and hot lines', async (t) => {
  const folder = tempDir(t);
  const program = bundle(folder, 'plain', { sourcemap: 'inline' });
  const { nodes } = await assertTold(folder, program);
  await assertHotLine(folder, nodes);
});

test('an index map: both sections, the second from within its line', async (t) => {
  const folder = tempDir(t);
  const { nodes, originals } = await assertTold(folder, concatenate(folder, 'index'));
  const declared = nodes.map(frameOf).filter(({ name }) => name === 'declared');
  assert.equal(new Set(declared.map(({ line }) => line)).size, 2, 'both were recorded');
  const told = originals.filter((one) => one?.name === 'declared');
  assert.equal(told.length, declared.length);
});

test('a program without maps is no error', async (t) => {
  const folder = tempDir(t);
  const program = compile(folder, 'bare', ['--target', 'es2022']);
  const { frames, scripts } = await resolveSources((await record(program)).map(frameOf));
  assert.deepEqual(scripts, { seen: 2, mapped: 0, damaged: [] });
  assert.ok(frames.length > 5 && frames.every((one) => one === null));
});
