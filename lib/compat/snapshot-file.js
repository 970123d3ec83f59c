'use strict';

/**
 * A snapshot at a path that somebody else chose, whole or not at all, before the call returns.
 *
 * It replaces what is there, as `fopen(path, "w")` would: through symbolic links, into devices and pipes,
 * not where the file may not be written.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const backends = require('../backend.js');
const { fromEnvironment } = require('../options.js');
const { partialName } = require('../naming.js');
const { identity } = require('../process-identity.js');
const { redactionKey } = require('../redaction-key.js');
const { sweepOnce } = require('../sweep.js');

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY, W_OK } = fs.constants;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const FILE_MODE = 0o600;

/** Longest name of a file, in bytes, on what servers have. */
const NAME_BYTES = 255;

/** What a partial is called whose own name would be too long. */
const SHORT_NAME = 'heapdump';

function systemError(code, file) {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}

/** Where a symbolic link leads, also where there is nothing yet. */
function followed(file) {
  const stats = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stats?.isSymbolicLink()) return file;
  try {
    return fs.realpathSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return path.resolve(path.dirname(file), fs.readlinkSync(file));
  }
}

/** @returns {fs.Stats|undefined} of what will be replaced; throws where it may not be */
function checkTarget(file) {
  if (file === '') throw systemError('ENOENT', file);
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory() || file.endsWith(path.sep)) throw systemError('EISDIR', file);
  if (stats) fs.accessSync(file, W_OK);
  return stats;
}

function partialOf(file) {
  const whole = partialName(file, identity());
  if (Buffer.byteLength(path.basename(whole)) <= NAME_BYTES) return whole;
  return partialName(path.join(path.dirname(file), SHORT_NAME), identity());
}

function requestFor(target) {
  const redacted = fromEnvironment('redact', 'heapSnapshot') === 'strings';
  return { target, redactKey: redacted ? redactionKey() : null };
}

function unlinkQuietly(file) {
  try {
    fs.unlinkSync(file);
  } catch {
    // Never made, or gone already.
  }
}

/** Whoever was killed while writing has left its partial; this thread's own one is in nobody's use. */
function create(partial) {
  unlinkQuietly(partial);
  fs.closeSync(fs.openSync(partial, CREATE, FILE_MODE));
}

function writeBeside(file, backend) {
  const partial = partialOf(file);
  create(partial);
  const guard = backend.guardFile?.(partial);
  try {
    backend.writeSnapshotSync(requestFor(partial));
    fs.renameSync(partial, file);
  } catch (error) {
    unlinkQuietly(partial);
    throw error;
  } finally {
    guard?.end();
  }
}

/** A device, a pipe: what goes in cannot be taken back. */
function writeInto(file, backend) {
  const scratch = partialOf(
    path.join(fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'rsprof-')), SHORT_NAME),
  );
  try {
    create(scratch);
    backend.writeSnapshotSync(requestFor(scratch));
    copyInto(scratch, file);
  } finally {
    fs.rmSync(path.dirname(scratch), { recursive: true, force: true });
  }
}

function copyInto(from, to) {
  const [input, output] = [fs.openSync(from, 'r'), fs.openSync(to, 'w')];
  const buffer = Buffer.allocUnsafeSlow(65_536);
  try {
    for (let count = fs.readSync(input, buffer); count > 0; count = fs.readSync(input, buffer))
      for (let at = 0; at < count; ) at += fs.writeSync(output, buffer, at, count - at);
  } finally {
    fs.closeSync(input);
    fs.closeSync(output);
  }
}

/**
 * Writes a snapshot of this thread's heap, uncompressed, before it returns. `RSPROF_REDACT` is honoured.
 *
 * @param {string} name of the file, relative to the working directory
 * @throws {Error} of the system, or an RsprofError with one as its cause; the file is then as it was
 */
function writeSnapshotFile(name) {
  const file = followed(name);
  const stats = checkTarget(file);
  const backend = backends.current();
  if (stats && !stats.isFile()) return writeInto(file, backend);
  writeBeside(file, backend);
  sweepOnce(path.resolve(path.dirname(file)));
}

module.exports = { writeSnapshotFile };
