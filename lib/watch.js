'use strict';

/**
 * `watch()`: captures that happen by themselves, by rules. See index.d.ts and docs/watch.md.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { throwIfAborted } = require('./abort.js');
const backends = require('./backend.js');
const { classHistogram } = require('./class-histogram.js');
const { fromSystemError } = require('./errors.js');
const { tryEnter } = require('./gate.js');
const { resolveOptions } = require('./options.js');
const { keptFiles } = require('./watch/actions/diff.js');
const { openBlackbox } = require('./watch/blackbox/open.js');
const { currentWatcher } = require('./watch/current.js');
const { DEFAULT_RULES } = require('./watch/defaults.js');
const { Limits, readLimits } = require('./watch/limits.js');
const { Rehearsal } = require('./watch/rehearsal.js');
const { readRules } = require('./watch/rules.js');
const { Sampler } = require('./watch/sampler.js');
const { Watcher } = require('./watch/watcher.js');

function settle(options) {
  const settings = resolveOptions('watch', options);
  const limits = readLimits(settings.limits ?? {}, 'limits');
  return {
    ...settings,
    dir: path.resolve(settings.dir),
    limits,
    rules: readRules(settings.rules ?? DEFAULT_RULES, 'rules', { limits }),
  };
}

/** Here and now, so that whoever starts a watcher hears of it. */
function makeFolder(dir) {
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    fs.accessSync(dir, fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw fromSystemError(error, 'use the folder', dir);
  }
}

function start(settings, leave) {
  const { dir, interval, requests, limits: given } = settings;
  makeFolder(dir);
  const addon = backends.addonInUse();
  const sampler = new Sampler({ addon, interval, dir, requests });
  const baselines = new Map();
  const limits = settings.dryRun
    ? new Rehearsal(settings.rules, given)
    : new Limits({
        dir,
        limits: given,
        tryLockFile: addon?.tryLockFile,
        protect: () => keptFiles(baselines),
      });
  const openBox = (history) =>
    openBlackbox({
      dir,
      history,
      interval: interval * 1000,
      mirror: addon && sampler.readings,
    });
  return new Watcher(settings, {
    addon,
    sampler,
    limits,
    baselines,
    classHistogram,
    leave,
    openBlackbox: settings.blackbox ? openBox : () => undefined,
  });
}

/**
 * Watches this thread and its process. See index.d.ts.
 *
 * @param {object} [options]
 * @returns {Watcher}
 * @throws {RsprofError} synchronously
 */
function watch(options) {
  const settings = settle(options);
  throwIfAborted(settings.signal);
  const leave = tryEnter('watcher');
  try {
    return start(settings, leave);
  } catch (error) {
    leave();
    throw error;
  }
}

module.exports = { currentWatcher, settle, watch };
