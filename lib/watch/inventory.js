'use strict';

/**
 * What of rsprof lies in a folder, and what of it rules or the profiler made.
 *
 * Names decide what is looked at, sidecars and the ledger what is whose. Nothing is followed: links,
 * folders and devices are not seen. Windows of `continuous()` have limits of their own and do not count.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { KIND_EXTENSIONS, finalName, parsePartialName } = require('../naming.js');
const { readSmallJson } = require('../small-json.js');
const { captureOfVerdict } = require('../verdict-file.js');
const { DAMAGED, NAME: LEDGER } = require('./ledger.js');
const { isOfProfiler, makerOfReason } = require('./makers.js');

const EXTENSION = Object.values(KIND_EXTENSIONS).join('|').replaceAll('.', '\\.');
const CAPTURE = new RegExp(`(?:${EXTENSION})(?:\\.gz|\\.zst)?$`);

/** As lib/naming.js calls files: time, pid, thread, number. */
const STAMPED = /^(\d{8}T\d{6}\.\d{3}Z)-(\d{1,10})-\d{1,10}-\d{4,16}\./;

/** A diagnostic report with the name that Node gives. */
const REPORT = /^report\.\d{8}\.\d{6}\.\d{1,10}\.\d{1,10}\.\d{3,6}\.json$/;

/** What the sidecars at out-of-memory say. */
const NEAR_LIMIT = /^rule (.{1,200}?): near the heap limit/;

const SIDECAR = '.json';

/**
 * A capture, its sidecar and what else goes with it.
 *
 * @typedef {object} Capture
 * @property {string} name of the file
 * @property {string[]} files names; the sidecar last, so that what is left half-way can be told
 * @property {number} bytes of all
 * @property {number} at when it was begun, ms since the epoch
 * @property {boolean} isRules a rule or the profiler made it, so that it may be removed
 * @property {boolean} isProfilers the profiler made it
 * @property {boolean} isNote only the sidecar of one that failed
 */

/** `20240131T120000.123Z` -> ms since the epoch. */
function timeOfStamp(name) {
  const [, stamp] = STAMPED.exec(name) ?? [];
  if (!stamp) return undefined;
  const [date, time] = stamp.split('T');
  const day = date.replace(/(....)(..)(..)/, '$1-$2-$3');
  const ms = Date.parse(`${day}T${time.replace(/(..)(..)(.*)/, '$1:$2:$3')}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The kind of capture that a name stands for; `'other'` for all else. */
function kindOf(name) {
  if (!CAPTURE.test(name)) return 'other';
  const plain = name.replace(/\.(?:gz|zst)$/, '');
  const found = Object.entries(KIND_EXTENSIONS).find(([, extension]) => plain.endsWith(extension));
  return found[0];
}

const isSidecarName = (name) =>
  name.endsWith(SIDECAR) && CAPTURE.test(name.slice(0, -SIDECAR.length));

const isVerdictName = (name) => CAPTURE.test(captureOfVerdict(name) ?? '');

/** @returns {'capture'|'sidecar'|'verdict'|'partial'|'companion'|null} null: none of ours */
function classify(name) {
  if (name === LEDGER || name === DAMAGED) return null;
  if (parsePartialName(name)) {
    const final = finalName(name);
    const isOurs = CAPTURE.test(final) || isSidecarName(final) || isVerdictName(final);
    return isOurs || STAMPED.test(final) ? 'partial' : null;
  }
  if (CAPTURE.test(name)) return 'capture';
  if (isVerdictName(name)) return 'verdict';
  if (isSidecarName(name)) return 'sidecar';
  return STAMPED.test(name) || REPORT.test(name) ? 'companion' : null;
}

/** Names of ours with their sizes: `Map<name, { role, bytes, mtimeMs }>`. */
async function look(dir) {
  const found = new Map();
  for await (const { name } of await fs.promises.opendir(dir)) {
    const role = classify(name);
    if (!role) continue;
    try {
      const stats = await fs.promises.lstat(path.join(dir, name));
      if (stats.isFile()) found.set(name, { role, bytes: stats.size, mtimeMs: stats.mtimeMs });
    } catch {
      // Gone since, or not to be seen.
    }
  }
  return found;
}

/**
 * The sidecar of a file.
 *
 * @param {string} dir
 * @param {string} name of the file
 * @returns {Promise<object|null>} null where there is none that is ours, and of that file
 */
async function sidecarOf(dir, name) {
  const document = await readSmallJson(path.join(dir, name + SIDECAR));
  const isOurs = String(document?.format).startsWith('rsprof-sidecar/') && document.file === name;
  return isOurs ? document : null;
}

async function readSidecar(dir, name) {
  const document = await sidecarOf(dir, name);
  return document ? { reason: String(document.reason), startedAt: document.startedAt } : {};
}

/**
 * Who made a file: `'rule'`, `'profiler'`, or null for anybody else. A listed file without a sidecar was made
 * by who listed it; with one the sidecar must say so, too.
 */
function makerOf(reason, name, ledger) {
  const entry = ledger.makerOf(name);
  const listed = entry && (isOfProfiler(entry) ? 'profiler' : 'rule');
  if (reason === undefined) return (STAMPED.test(name) && listed) || null;
  return makerOfReason(reason) ?? (reason.startsWith('rule ') && listed ? 'rule' : null);
}

async function toCapture(dir, name, found, ledger) {
  const sidecar = name + SIDECAR;
  const own = found.get(name) ?? found.get(sidecar);
  const { reason, startedAt } = found.has(sidecar) ? await readSidecar(dir, name) : {};
  const files = [name, sidecar].filter((one) => found.has(one));
  const at = timeOfStamp(name) ?? Date.parse(startedAt);
  const maker = makerOf(reason, name, ledger);
  return {
    name,
    files,
    bytes: files.reduce((sum, one) => sum + found.get(one).bytes, 0),
    at: Number.isNaN(at) ? own.mtimeMs : at,
    isRules: maker !== null,
    isProfilers: maker === 'profiler',
    isNote: !found.has(name),
    reason,
  };
}

function namesWith(found, role) {
  return [...found].filter(([, one]) => one.role === role).map(([name]) => name);
}

/** The captures, and the notes of those that failed: a sidecar without a file. */
async function listFiles(dir, found, ledger) {
  const bases = namesWith(found, 'sidecar').map((name) => name.slice(0, -SIDECAR.length));
  const names = new Set([...namesWith(found, 'capture'), ...bases]);
  const captures = new Map();
  for (const name of names) captures.set(name, await toCapture(dir, name, found, ledger));
  return captures;
}

/** A verdict goes with its capture; one whose capture is gone is only counted. */
function attachVerdict(name, { bytes }, captures) {
  const host = captures.get(captureOfVerdict(name));
  if (!host) return;
  host.files.splice(-1, 0, name);
  host.bytes += bytes;
}

/** The capture that a listed file (an analysis, say) goes with: the one it is named after, else the last one. */
function hostOf(name, maker, captures) {
  const siblings = maker.files.map((file) => captures.get(file.name)).filter((one) => one?.isRules);
  return siblings.find((one) => name.startsWith(one.name)) ?? siblings.at(-1);
}

function attach(name, { bytes, mtimeMs }, captures, ledger) {
  const maker = ledger.makerOf(name);
  if (!maker) return;
  const host = hostOf(name, maker, captures);
  if (host) {
    host.files.splice(-1, 0, name);
    host.bytes += bytes;
    return;
  }
  const at = timeOfStamp(name) ?? mtimeMs;
  captures.set(name, { name, files: [name], bytes, at, isRules: true, isNote: false });
}

/** A snapshot at out-of-memory is written by a process that is not the one its name tells. */
function isGhosts(partial) {
  const [, , pid] = STAMPED.exec(partial) ?? [];
  const isSnapshot = kindOf(finalName(partial)) === 'heapSnapshot';
  return isSnapshot && pid !== undefined && Number(pid) !== parsePartialName(partial).pid;
}

/** What rules had done when memory was out, finished or not: no life was left to note it. */
function nearLimit(captures, found) {
  const begun = namesWith(found, 'partial')
    .filter(isGhosts)
    .map((partial) => ({
      rule: null,
      name: finalName(partial),
      at: timeOfStamp(partial),
      bytes: 0,
    }));
  const ended = [...captures.values()].flatMap(({ name, at, bytes, reason }) => {
    const [, rule] = NEAR_LIMIT.exec(reason ?? '') ?? [];
    return rule ? [{ rule, name, at, bytes }] : [];
  });
  return [...ended, ...begun];
}

/**
 * @param {string} dir absolute
 * @param {import('./ledger.js').Ledger} ledger
 * @returns {Promise<{ captures: Capture[], bytes: number, nearLimit: { rule: string|undefined, name: string, at:
 *   number, bytes: number }[] }>} captures oldest first; `bytes` of all that is rsprof's, partial files included
 * @throws {Error} of `node:fs`: the folder cannot be read
 */
async function takeInventory(dir, ledger) {
  const found = await look(dir);
  const captures = await listFiles(dir, found, ledger);
  const atLimit = nearLimit(captures, found);
  for (const name of namesWith(found, 'verdict')) attachVerdict(name, found.get(name), captures);
  for (const name of namesWith(found, 'companion')) {
    attach(name, found.get(name), captures, ledger);
  }
  const bytes = [...found.values()].reduce((sum, one) => sum + one.bytes, 0);
  const byAge = [...captures.values()].sort((one, other) => one.at - other.at);
  return { captures: byAge, bytes, nearLimit: atLimit };
}

module.exports = { classify, kindOf, sidecarOf, takeInventory, timeOfStamp };
