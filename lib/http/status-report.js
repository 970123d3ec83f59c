'use strict';

/**
 * The answer of `/status`: what this process is, what the client may do, what the rules are at. Names no folder.
 *
 * @module
 */

const path = require('node:path');
const { RsprofError } = require('../errors.js');
const { withoutFolder } = require('./without-folder.js');

const LANGUAGES = Object.freeze(['en', 'zh']);

/** What the program calls itself; else its main file, by its last two names. */
function processName() {
  const { title, argv, argv0, execPath } = process;
  const isOfNode = [argv0, execPath, 'node'].some(
    (name) => title === name || title === path.basename(name),
  );
  if (!isOfNode && !title.startsWith(`${argv0} `)) return title;
  const names = (argv[1] ?? title).split(path.sep).filter(Boolean);
  return names.slice(-2).join('/');
}

/** What reads and captures here; the reason where nothing does. */
function backendOf(describe) {
  try {
    const { name, reason } = describe();
    return { name, reason };
  } catch (error) {
    if (!(error instanceof RsprofError)) throw error;
    return { name: null, reason: error.message };
  }
}

function limitsOf({ problems = [], last = {}, ...limits }, dir) {
  return {
    ...limits,
    last: Object.fromEntries(
      Object.entries(last).map(([rule, skip]) => [
        rule,
        { ...skip, reason: withoutFolder(skip.reason, dir) },
      ]),
    ),
    problems: problems.map(({ at, text }) => ({ at, text: withoutFolder(text, dir) })),
  };
}

/** Of the watcher's status what a client needs. */
function watcherOf(status) {
  if (!status) return null;
  const { running, dryRun, dir, startedAt, rules, leak, limits } = status;
  return { running, dryRun, startedAt, rules, leak, limits: limitsOf(limits, dir) };
}

/**
 * @param {object} parts
 * @param {import('./live.js').Live} parts.live
 * @param {'loopback'|'token'|'authorize'|'unsafe'} parts.access
 * @param {{ act: boolean, download: boolean, simple: boolean }} parts.can
 * @param {number} parts.maxSeconds
 * @param {{ kind: string, route: string, available: boolean, reason: string|null }[]} parts.kinds
 * @param {object[]} parts.operations as `/operations` tells of them
 * @param {() => { name: string, reason: string }} [parts.describe] the back end
 * @returns {object}
 */
function statusReport({ live, access, can, maxSeconds, kinds, operations, describe }) {
  return {
    version: require('../version.js'),
    node: process.versions.node,
    v8: process.versions.v8,
    pid: process.pid,
    title: processName(),
    uptime: Math.round(process.uptime()),
    backend: backendOf(describe ?? require('../backend.js').describe),
    access,
    can,
    maxSeconds,
    kinds,
    watcher: watcherOf(live.watcher()),
    thresholds: live.thresholds(),
    marks: live.marks(),
    operations,
    languages: LANGUAGES,
  };
}

module.exports = { LANGUAGES, statusReport };
