'use strict';

/**
 * A text to a file that is visible only when it is whole: mode 0600, put in place by a rename.
 *
 * @module
 */

const fs = require('node:fs');
const { fromSystemError, invalidArgument } = require('./errors.js');
const { onExit } = require('./exit.js');
const { OutputFile } = require('./output-file.js');

/** Whether two paths are one file, by whatever names. */
function isSameFile(one, other) {
  try {
    const [a, b] = [fs.statSync(one), fs.statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

async function fill(output, text) {
  output.create();
  await output.fill(text);
  await output.commit();
}

async function write(output, text) {
  const forget = onExit(() => output.discard());
  try {
    await fill(output, text);
  } catch (error) {
    throw fromSystemError(error, 'write', output.path);
  } finally {
    output.discard();
    forget();
  }
}

/**
 * Checks where a text shall go, before the work for it is done. Creates nothing.
 *
 * @param {string} file its folder must exist
 * @param {object} how
 * @param {boolean} how.overwrite replace a regular file of that name
 * @param {string[]} how.inputs files that it must not be
 * @returns {{ path: string, write(text: string): Promise<void> }} `write` throws EXISTS, DISK_FULL, ACCESS
 *   or IO, and leaves nothing then
 * @throws {RsprofError} EXISTS, IS_DIRECTORY, NOT_FOUND, ACCESS, IO; INVALID_ARG for one of `inputs`
 */
function planFile(file, { overwrite, inputs }) {
  const input = inputs.find((one) => isSameFile(one, file));
  if (input !== undefined) {
    throw invalidArgument(`rsprof does not overwrite ${file}: it is the file that is read`);
  }
  const output = new OutputFile({ file, makeDir: false, overwrite, sidecar: false });
  return { path: output.path, write: (text) => write(output, text) };
}

module.exports = { planFile };
