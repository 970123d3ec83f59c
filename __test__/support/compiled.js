'use strict';

// One TypeScript program as compilers and bundlers make it, with the maps they write.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const esbuild = require('esbuild');
const { root } = require('./env.js');

const sources = path.join(root, '__test__', 'fixtures', 'typescript');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** The sources in `folder`/src: what is compiled lies below the same folder. */
function copySources(folder) {
  fs.cpSync(sources, path.join(folder, 'src'), { recursive: true });
  return path.join(folder, 'src', 'main.ts');
}

/** Compiles with TypeScript; gives the main script. */
function compile(folder, name, options) {
  const main = copySources(folder);
  const out = path.join(folder, name);
  const common = [
    '--outDir',
    out,
    '--noCheck',
    '--lib',
    'es2022',
    '--types',
    '',
    '--module',
    'nodenext',
  ];
  execFileSync(process.execPath, [tsc, ...common, ...options, main]);
  return path.join(out, 'main.js');
}

/** Bundles with esbuild; gives the one script. */
function bundle(folder, name, options) {
  const main = copySources(folder);
  const outfile = path.join(folder, name, 'main.js');
  const common = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' };
  esbuild.buildSync({ ...common, entryPoints: [main], outfile, ...options });
  return outfile;
}

/** Two bundles in one script, as an index map has them: the second begins within a line. */
function concatenate(folder, name) {
  const file = bundle(folder, `${name}-part`, { sourcemap: true });
  const part = fs.readFileSync(file, 'utf8').replace(/\/\/# sourceMappingURL=.*\n/, '');
  const map = JSON.parse(fs.readFileSync(`${file}.map`, 'utf8'));
  const before = '(() => {\n"use strict"; (() => {';
  const at = (text) => ({
    line: text.split('\n').length - 1,
    column: text.split('\n').at(-1).length,
  });
  const first = `${before}${part}})();\n /* two */ (() => {`;
  const sections = [before, first].map((text) => ({ offset: at(text), map }));
  const out = path.join(folder, name, 'main.js');
  fs.mkdirSync(path.dirname(out));
  fs.writeFileSync(out, `${first}${part}})();\n})();\n//# sourceMappingURL=main.js.map\n`);
  fs.writeFileSync(`${out}.map`, JSON.stringify({ version: 3, sections }));
  return out;
}

/** Where the sources say that something is, in a comment above it: `{ declared: 'file:///…/spin.ts:17', … }`. */
function placesIn(folder) {
  const places = {};
  for (const name of ['spin.ts', 'main.ts']) {
    const file = path.join(folder, 'src', name);
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    lines.forEach((text, index) => {
      const here = /\/\/ here: (\w+)/.exec(text)?.[1];
      if (here) places[here] = `${pathToFileURL(file)}:${index + 2}`;
    });
  }
  return places;
}

module.exports = { bundle, compile, concatenate, placesIn };
