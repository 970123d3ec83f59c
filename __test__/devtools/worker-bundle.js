'use strict';

// Chrome DevTools' own heap snapshot worker, as one file that Node can import. It is made from the
// sources in the npm package of the DevTools front end (a download of 20 MB), once, and kept in
// .cache/devtools: a development dependency would unpack its 80 MB into every checkout.

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { must, root } = require('../../scripts/support/run.js');

const DEVTOOLS = 'chrome-devtools-frontend@1.0.1705227';
const ESBUILD = 'esbuild@0.28.2';
const cache = path.join(root, '.cache', 'devtools');

/** Node 18 and 20 lack what the worker takes for granted. */
const POLYFILLS = `
Promise.withResolvers ??= function withResolvers() {
  const settle = {};
  settle.promise = new this((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return settle;
};
Array.prototype.toSorted ??= function toSorted(compare) {
  return [...this].sort(compare);
};
`;

/** The build makes this file from the languages that it ships; the worker shows no text. */
const LOCALES = `
export const LOCALES = ['en-US'];
export const BUNDLED_LOCALES = ['en-US'];
export const DEFAULT_LOCALE = 'en-US';
export const REMOTE_FETCH_PATTERN = '';
export const LOCAL_FETCH_PATTERN = './locales/@LOCALE@.json';
`;

const ENTRY = `
export * as HeapSnapshot from './front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.js';
export * as HeapSnapshotLoader from './front_end/entrypoints/heap_snapshot_worker/HeapSnapshotLoader.js';
`;

/** The path of the bundle, which is fetched and built where it is missing. */
async function ensureWorkerBundle(log = console.error) {
  const bundle = path.join(cache, `${DEVTOOLS.replace('@', '-')}.mjs`);
  if (fs.existsSync(bundle)) return bundle;
  log(`fetching ${DEVTOOLS} and ${ESBUILD}`);
  fs.mkdirSync(cache, { recursive: true });
  const temporary = fs.mkdtempSync(path.join(cache, '.fetch-'));
  try {
    await install(temporary);
    const built = await build(temporary);
    // A rename, so that an interrupted build never looks whole.
    fs.renameSync(built, bundle);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
  return bundle;
}

/** Without install scripts: nothing of the packages runs but the bundler. */
function install(folder) {
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  const args = ['install', `--prefix=${folder}`, ...options, DEVTOOLS, ESBUILD];
  return must('fetching the DevTools front end', 'npm', args);
}

async function build(folder) {
  const modules = path.join(folder, 'node_modules');
  const devtools = path.join(modules, 'chrome-devtools-frontend');
  const entry = path.join(devtools, 'entry.ts');
  fs.writeFileSync(entry, ENTRY);
  fs.writeFileSync(path.join(devtools, 'front_end/core/i18n/locales.js'), LOCALES);
  leaveOutUnusedModules(path.join(devtools, 'package.json'));
  const built = path.join(folder, 'worker.mjs');
  await must('bundling the heap snapshot worker', process.execPath, [
    path.join(modules, 'esbuild', 'bin', 'esbuild'),
    entry,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node18',
    `--banner:js=${POLYFILLS}`,
    `--outfile=${built}`,
  ]);
  return built;
}

/** The text editor and other things that the worker never calls: 1.2 MB of the bundle, 150 ms. */
function leaveOutUnusedModules(packageFile) {
  const found = JSON.parse(fs.readFileSync(packageFile, 'utf8'));
  fs.writeFileSync(packageFile, JSON.stringify({ ...found, sideEffects: false }));
}

/** The worker's modules: `{ HeapSnapshot, HeapSnapshotLoader }`. */
async function importWorker(log) {
  return import(pathToFileURL(await ensureWorkerBundle(log)).href);
}

module.exports = { DEVTOOLS, ensureWorkerBundle, importWorker };
