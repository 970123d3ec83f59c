'use strict';

/**
 * A file that is visible only when it is whole: mode 0600, put in place by a rename.
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

async function put(output, fill, guardFile) {
  const forget = onExit(() => output.discard());
  try {
    output.create(guardFile);
    await fill();
    await output.commit();
  } catch (error) {
    throw fromSystemError(error, 'write', output.path);
  } finally {
    output.discard();
    forget();
  }
}

/**
 * Checks where a file shall go, before the work for it is done. Creates nothing.
 *
 * @param {string} file its folder must exist
 * @param {object} how
 * @param {boolean} how.overwrite replace a regular file of that name
 * @param {string[]} how.inputs files that it must not be
 * @returns {{ path: string, write(text: string): Promise<void>, fill: Function }} `write` throws EXISTS,
 *   DISK_FULL, ACCESS or IO, and leaves nothing then; so does `fill(how, guardFile)`, for which
 *   `how(partial)` fills an empty file of that name, and `guardFile` is as of {@link OutputFile}
 * @throws {RsprofError} EXISTS, IS_DIRECTORY, NOT_FOUND, ACCESS, IO; INVALID_ARG for one of `inputs`
 */
function planFile(file, { overwrite, inputs }) {
  const input = inputs.find((one) => isSameFile(one, file));
  if (input !== undefined) {
    throw invalidArgument(`rsprof does not overwrite ${file}: it is the file that is read`);
  }
  const output = new OutputFile({ file, makeDir: false, overwrite, sidecar: false });
  return {
    path: output.path,
    write: (text) => put(output, () => output.fill(text)),
    fill: (how, guardFile) => put(output, () => how(output.partial), guardFile),
  };
}

module.exports = { planFile };
