'use strict';

// `node scripts/web.js`: builds what browsers get, from web/ into web/dist/. The same sources give the same
// bytes. What rsprof serves is compressed here once, and never by a server that runs.

const fs = require('node:fs');
const path = require('node:path');

const assets = require('../lib/web-assets.js');
const { root } = require('./support/run.js');

const WEB = path.join(root, 'web');

/** Each is made of the file of its name in web/. */
const ALL = [...assets.SERVED, ...assets.CARRIED, ...assets.TEMPLATES];

/** Browsers of 2022. */
const TARGET = ['chrome100', 'firefox100', 'safari15.4'];

const NAMES = String.raw`\{(?:\s*\w+(?:: \w+)?,?)+\s*\}`;
const REQUIRE = new RegExp(String.raw`^const (${NAMES}) = require\(('[^']+')\);`, 'gm');
const EXPORTS = new RegExp(String.raw`^module\.exports = (${NAMES});`, 'm');

/**
 * `require` and `module.exports` as `import` and `export`: only so are modules joined into one scope. What
 * does it in other ways stays as it is, and works too.
 */
function asModule(source) {
  const names = (list) => list.replace(/(\w+): (\w+)/g, '$1 as $2');
  const changed = source
    .replace(REQUIRE, (_, list, file) => `import ${names(list)} from ${file};`)
    .replace(EXPORTS, 'export $1;');
  // Without this an entry that only imports would be taken for a CommonJS module.
  return changed === source ? source : `${changed}\nexport {};`;
}

const readWeb = (name) => fs.readFileSync(path.join(WEB, name), 'utf8');

const textsOf = (name) => require(path.join(WEB, name));

/**
 * Keys of texts that are asked for by nothing but `texts('key')`: a number does as well. Those that stand
 * elsewhere, or are put together when the page runs, keep their names.
 */
function numberedKeys() {
  const names = fs.readdirSync(WEB).filter((name) => /^(profiler|view).*\.js$/.test(name));
  const sources = names.map(readWeb).join('\n');
  const times = (text) => sources.split(text).length - 1;
  const keys = Object.keys(textsOf('texts-en.js'));
  return keys.filter((key) => {
    const asked = times(`texts('${key}'`);
    return asked > 0 && asked === times(`'${key}'`);
  });
}

/** The texts of a language: a list of those with a number, and the others by name. */
function textsScript(name, numbered) {
  const { ...named } = textsOf(name);
  const list = numbered.map((key) => named[key]);
  for (const key of numbered) delete named[key];
  return `rsprofTexts = Object.assign(${JSON.stringify(list)}, ${JSON.stringify(named)})`;
}

const withNumbers = (source, numbered) =>
  source.replace(/\btexts\('([^']+)'/g, (asked, key) => {
    const at = numbered.indexOf(key);
    return at < 0 ? asked : `texts(${at}`;
  });

const modules = (numbered) => ({
  name: 'modules',
  setup(build) {
    build.onLoad({ filter: /\.js$/ }, ({ path: file }) => ({
      contents: withNumbers(asModule(fs.readFileSync(file, 'utf8')), numbered),
      loader: 'js',
    }));
  },
});

/** What passes through more than once gets shorter; what could change a meaning is not among it. */
const SQUEEZE = {
  ecma: 2020,
  module: true,
  compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true, keep_fargs: false },
};

/**
 * One entry of web/ with all that it needs, as bytes.
 *
 * @param {string} name
 * @param {object} [how]
 * @param {string} [how.contents] in place of what is in the file of that name
 * @param {string[]} [how.numbered] see `numberedKeys`
 */
async function bundle(name, { contents, numbered = [] } = {}) {
  const isScript = name.endsWith('.js');
  const entry = contents && { stdin: { contents, resolveDir: WEB } };
  const { outputFiles } = await require('esbuild').build({
    absWorkingDir: root,
    ...(entry ?? { entryPoints: [path.join('web', name)] }),
    bundle: true,
    minify: true,
    write: false,
    charset: 'utf8',
    format: 'iife',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [modules(numbered)],
    target: TARGET,
  });
  const [{ contents: bytes, text }] = outputFiles;
  if (!isScript) return bytes;
  return Buffer.from((await require('terser').minify(text, SQUEEZE)).code);
}

/** Modules that are alike stand side by side: deflate looks back no further than 32 kB. */
const IN_ORDER = `
import './flame-graph.js';
import './views.js';
import './profiler.js';
`;

async function contentOf(name, numbered) {
  if (assets.TEMPLATES.includes(name)) return Buffer.from(readWeb(name));
  if (name.startsWith('texts-')) return bundle(name, { contents: textsScript(name, numbered) });
  return bundle(name, { numbered, contents: name === 'profiler.js' ? IN_ORDER : undefined });
}

/** As gzip, by a search of seconds that makes it 3 to 4 % smaller than zlib does. */
const compress = (bytes) => require('@gfx/zopfli').gzipAsync(bytes, { numiterations: 15 });

/** Whole, or not at all: tests of several processes may build at once. */
function write(file, bytes) {
  const partial = `${file}.${process.pid}.partial`;
  fs.writeFileSync(partial, bytes);
  fs.renameSync(partial, file);
}

/** What an older version of this script has built; the package carries the whole folder. */
function removeOthers(folder) {
  const others = (name) => !ALL.includes(name.replace(/\.gz$/, '')) && !name.endsWith('.partial');
  for (const name of fs.readdirSync(folder).filter(others)) fs.rmSync(path.join(folder, name));
}

/**
 * Builds everything.
 *
 * @param {string} [folder]
 */
async function buildWeb(folder = assets.DIST) {
  fs.mkdirSync(folder, { recursive: true });
  removeOthers(folder);
  const numbered = numberedKeys();
  for (const name of ALL) {
    const bytes = await contentOf(name, numbered);
    write(path.join(folder, name), bytes);
    if (assets.SERVED.includes(name)) write(path.join(folder, `${name}.gz`), await compress(bytes));
  }
}

/** Whether what is built is there and younger than all that it is made of. */
function webIsCurrent() {
  const built = ALL.map((name) => path.join(assets.DIST, name));
  const sources = fs
    .readdirSync(WEB, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(WEB, name));
  // They carry a few files of lib/ along.
  const lib = fs.readdirSync(path.join(root, 'lib')).map((name) => path.join(root, 'lib', name));
  const newest = Math.max(...[...sources, ...lib, __filename].map(modifiedAt));
  return Math.min(...built.map(modifiedAt)) >= newest;
}

const modifiedAt = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

module.exports = { asModule, buildWeb, bundle, numberedKeys, webIsCurrent };

if (require.main === module) {
  buildWeb().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
