'use strict';

/**
 * The verdict of an analysis, in a small file beside the capture: a list of captures can show it without
 * analysing anything again, whoever had it analysed.
 *
 * @module
 */

const path = require('node:path');
const { log } = require('./diagnostics.js');
const { readSmallJson } = require('./small-json.js');
const { visible } = require('./visible.js');
const { planFile } = require('./whole-file.js');

const FORMAT = 'rsprof-verdict/1';

const EXTENSION = '.verdict.json';

/** Of a verdict so much is kept: a few sentences. */
const MOST_CHARACTERS = 4000;

const MOST_BYTES = 64 << 10;

/** @returns {string} the path of the verdict of `file` */
function verdictPath(file) {
  return file + EXTENSION;
}

/** @returns {string|null} the name of the capture that a file of that name tells of */
function captureOfVerdict(name) {
  return name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : null;
}

const shown = (text) => visible(text.slice(0, MOST_CHARACTERS));

/**
 * Remembers what an analysis said. Never fails: the next analysis says it again.
 *
 * @param {string} file the capture, absolute
 * @param {unknown} verdict what is no text is not remembered
 * @returns {Promise<boolean>} whether it is
 */
async function writeVerdict(file, verdict) {
  if (typeof verdict !== 'string' || verdict === '') return false;
  const document = {
    format: FORMAT,
    file: path.basename(file),
    at: new Date().toISOString(),
    verdict: shown(verdict),
  };
  try {
    const target = planFile(verdictPath(file), { overwrite: true, inputs: [file] });
    await target.write(`${JSON.stringify(document)}\n`);
    return true;
  } catch (error) {
    log('cannot remember the verdict of %s: %s', file, error.message);
    return false;
  }
}

/**
 * @param {string} file the capture
 * @returns {Promise<string|null>} null where there is none
 */
async function readVerdict(file) {
  const document = await readSmallJson(verdictPath(file), MOST_BYTES);
  const isOurs =
    String(document?.format).startsWith('rsprof-verdict/') &&
    document.file === path.basename(file) &&
    typeof document.verdict === 'string';
  return isOurs ? shown(document.verdict) : null;
}

module.exports = { captureOfVerdict, readVerdict, verdictPath, writeVerdict };
