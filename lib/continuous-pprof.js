'use strict';

/**
 * A recorded window as pprof: converted by the addon, on its own thread, and given the times of its window.
 *
 * @module
 */

const fs = require('node:fs');
const { promisify } = require('node:util');
const zlib = require('node:zlib');
const { RsprofError, rootCause } = require('./errors.js');
const { exportProfile } = require('./export-profile.js');

const gzip = promisify(zlib.gzip);

/** `time_nanos` and `duration_nanos` of `Profile` in profile.proto, as numbers. */
const TIME = 9;
const DURATION = 10;

/** A numeric field of a protocol buffer. */
function numericField(field, milliseconds) {
  const bytes = [field << 3];
  let rest = BigInt(milliseconds) * 1_000_000n;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/**
 * When the window was, in the form of a pprof file. A message may be written in parts, of which the last one
 * counts, and a gzip file in members (RFC 1952): so this stands behind what the converter has written, which
 * knows V8's clock only.
 */
function times({ from, until }) {
  return gzip(Buffer.concat([numericField(TIME, from), numericField(DURATION, until - from)]));
}

/**
 * Converts `raw` into a new file `out`.
 *
 * @param {string} raw a .cpuprofile or .heapprofile
 * @param {string} out
 * @param {{ from: number, until: number }} window in ms since the epoch
 * @throws {RsprofError|Error} of the conversion or the file system
 */
async function writePprof(raw, out, window) {
  // Maps would be read for each window, on this thread: who wants them maps the file when it is looked at.
  await exportProfile(raw, { format: 'pprof', out, sourceMaps: false });
  await fs.promises.appendFile(out, await times(window));
}

/**
 * Says at the start what would otherwise fail with each window.
 *
 * @throws {RsprofError} UNSUPPORTED where the addon does not load
 */
function requireAddon() {
  try {
    require('../native/index.js');
  } catch (error) {
    const line = String(rootCause(error)?.message).split('\n', 1)[0].replace(/\.$/, '');
    const message =
      'rsprof cannot profile continuously here: pprof needs the native addon (with either back end), ' +
      `which does not load: ${line}; under --permission grant --allow-addons`;
    throw new RsprofError('ERR_RSPROF_UNSUPPORTED', message, { cause: error });
  }
}

module.exports = { requireAddon, writePprof };
