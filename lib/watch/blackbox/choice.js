'use strict';

/**
 * The black box that is asked for: a file, or of a folder the one that tells most.
 *
 * @module
 */

const fs = require('node:fs/promises');
const { RsprofError, fromSystemError } = require('../../errors.js');
const { MOST, listBlackboxes } = require('./folder.js');
const { readBlackbox } = require('./reader.js');
const { summarize } = require('./summary.js');

async function isFolder(path) {
  try {
    return (await fs.stat(path)).isDirectory();
  } catch (error) {
    throw fromSystemError(error, 'read', path);
  }
}

const toChoice = (box) => ({ box, summary: summarize(box) });

/** What can be read of a folder; `unread` counts the rest. */
async function readAll(dir) {
  const listed = await listBlackboxes(dir).catch((error) => {
    throw fromSystemError(error, 'read', dir);
  });
  const read = [];
  for (const { path } of listed.slice(0, MOST)) {
    try {
      read.push(toChoice(await readBlackbox(path)));
    } catch (error) {
      if (!(error instanceof RsprofError)) throw error;
    }
  }
  return { read, unread: listed.length - read.length };
}

const seenLast = (a, b) => (b.box.lastSeen ?? 0) - (a.box.lastSeen ?? 0);

async function chooseFrom(dir) {
  const { read, unread } = await readAll(dir);
  read.sort(seenLast);
  const chosen = read.find(({ summary }) => summary.state === 'dead') ?? read[0];
  if (!chosen) {
    const what = unread > 0 ? `none of its ${unread} black boxes can be read` : 'it has none';
    const message = `rsprof finds no black box in ${dir}: ${what}; pass the folder (or a .rsprof file) of rsprof.watch()`;
    throw new RsprofError('ERR_RSPROF_NOT_FOUND', message);
  }
  return { ...chosen, others: read.filter((one) => one !== chosen), unread };
}

/**
 * @param {string} path of a black box, or of a folder: there the newest of those whose process died is
 *   chosen, else the newest
 * @returns {Promise<{ box: object, summary: object, others: { box: object, summary: object }[], unread: number }>}
 * @throws {RsprofError} INVALID_BLACKBOX, NOT_FOUND, ACCESS, IO
 */
async function openFileOrFolder(path) {
  if (await isFolder(path)) return chooseFrom(path);
  return { ...toChoice(await readBlackbox(path)), others: [], unread: 0 };
}

module.exports = { openFileOrFolder };
