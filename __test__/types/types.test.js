'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const rsprof = require('../..');
const { root } = require('../support/env.js');
const { tempDir } = require('../support/tempdir.js');

const consumer = path.join(__dirname, 'consumer');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

const FILES = [
  'surface.ts',
  'esm.mts',
  'commonjs.cts',
  'compat.cts',
  'v8-profiler.mts',
  'v8-profiler.cts',
];

const RESOLUTIONS = {
  node16: {
    module: 'node16',
    moduleResolution: 'node16',
    files: FILES,
  },
  nodenext: {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    files: FILES,
  },
  bundler: { module: 'esnext', moduleResolution: 'bundler', files: ['surface.ts', 'esm.mts'] },
};

/** A TypeScript project in which rsprof and Node's types are installed. */
function project(t, { module, moduleResolution, files }) {
  const dir = tempDir(t);
  fs.mkdirSync(path.join(dir, 'node_modules'));
  fs.symlinkSync(root, path.join(dir, 'node_modules', 'rsprof'), 'dir');
  const types = path.join(root, 'node_modules', '@types');
  fs.symlinkSync(types, path.join(dir, 'node_modules', '@types'), 'dir');
  for (const file of files) fs.copyFileSync(path.join(consumer, file), path.join(dir, file));
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    esModuleInterop: true,
    noEmit: true,
    types: ['node'],
  };
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }');
  fs.writeFileSync(path.join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return dir;
}

for (const [name, options] of Object.entries(RESOLUTIONS)) {
  test(`TypeScript projects with ${name} resolution compile, and wrong uses do not`, async (t) => {
    const dir = project(t, options);
    const run = promisify(execFile)(process.execPath, [tsc, '--project', dir]);
    await run.catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
  });
}

test('what the types declare is what is there at run time', () => {
  const text = fs.readFileSync(path.join(consumer, 'surface.ts'), 'utf8');
  const declared = [...text.matchAll(/^ {2}(\w+): true,$/gm)].map(([, name]) => name);
  assert.deepEqual(Object.keys(rsprof).sort(), declared.sort());
});

test('the error codes of the types are those of the library', () => {
  const text = fs.readFileSync(path.join(root, 'index.d.ts'), 'utf8');
  const declared = new Set(text.match(/ERR_RSPROF_[A-Z_]+/g));
  const { CODES } = require('../../lib/errors.js');
  assert.deepEqual(
    [...declared].filter((code) => !CODES.includes(code)),
    [],
  );
  assert.deepEqual(
    CODES.filter((code) => !declared.has(code)),
    [],
  );
});
