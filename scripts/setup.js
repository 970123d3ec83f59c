'use strict';

// Everything that a fresh checkout needs before it can be used: the development packages, the addon and
// what browsers get. What is there and up to date is left alone. Runs on plain Node without any package.

const fs = require('node:fs');
const path = require('node:path');

const { bin, must, root } = require('./support/run.js');
const { buildWeb, webIsCurrent } = require('./web.js');

/** Makes the checkout ready; `log` gets one line for each thing that had to be done. */
async function setUp(log = console.log) {
  await installPackages(log);
  await buildAddon(log);
  await buildPages(log);
}

async function installPackages(log) {
  if (packagesAreCurrent()) return;
  log('installing the development packages (npm install, as locked)');
  // Not `npm ci`: it refuses a lock file without the optional packages of other platforms, and a
  // mirror need not have those.
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { seconds } = await must('npm install', 'npm', ['install', ...options]);
  log(`  done in ${seconds.toFixed(1)} s`);
}

/** True when every package of the lock file that is not optional is installed in its version. */
function packagesAreCurrent() {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(lock.packages)
    .filter(([folder, entry]) => folder !== '' && !entry.optional)
    .every(([folder, entry]) => installedVersion(folder) === entry.version);
}

function installedVersion(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

async function buildAddon(log) {
  const addon = addonFile();
  if (modifiedAt(addon) >= newestSource() && fs.existsSync(path.join(root, 'native/index.js'))) {
    return;
  }
  log('building the addon (cargo, release; some minutes the first time)');
  await must('finding cargo', 'cargo', ['--version']).catch((error) => {
    throw new Error(
      `building rsprof needs Rust 1.90 or newer with cargo on PATH\n${error.message}`,
    );
  });
  const build = require('../package.json').scripts['build:addon'].split(' ').slice(1);
  const cli = bin('@napi-rs/cli', 'dist/cli.js');
  const { seconds } = await must('building the addon', process.execPath, [cli, ...build]);
  // The build leaves an unchanged file as it is: its time then says nothing about the sources.
  fs.utimesSync(addon, new Date(), new Date());
  log(`  done in ${seconds.toFixed(1)} s: ${path.relative(root, addon)}`);
}

async function buildPages(log) {
  if (webIsCurrent()) return;
  log('building the pages (web/dist)');
  await buildWeb();
}

/** Where the build puts the addon of this platform. */
function addonFile() {
  const suffix = process.platform === 'linux' ? (isMusl() ? '-musl' : '-gnu') : '';
  return path.join(root, 'native', `rsprof.${process.platform}-${process.arch}${suffix}.node`);
}

function isMusl() {
  return !process.report.getReport().header.glibcVersionRuntime;
}

function newestSource() {
  const files = ['Cargo.toml', 'Cargo.lock', 'build.rs'].map((name) => path.join(root, name));
  return Math.max(...files.concat(filesBelow(path.join(root, 'src'))).map(modifiedAt));
}

function filesBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(full) : [full];
  });
}

function modifiedAt(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

module.exports = { setUp, addonFile };

if (require.main === module) {
  setUp().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
