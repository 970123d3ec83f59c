'use strict';

/**
 * A heap snapshot that is on the disk when the call returns.
 *
 * V8 writes the file itself; redacted, it is read back and written anew in pieces of a fixed size.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');
const { fromSystemError } = require('../errors.js');
const { finalName } = require('../naming.js');
const { sync, writeRawSnapshot, writeSnapshotTo } = require('./raw-snapshot.js');
const { SnapshotScanner } = require('./snapshot-scan.js');

/** Read at once; a buffer of redacted bytes holds as much and some. */
const PIECE_BYTES = 65_536;

/**
 * Takes a snapshot of this thread's heap and gives its JSON to `take`, piece by piece.
 *
 * @param {string} tempDir where V8's file goes; it has no name where the system knows such files
 * @param {(bytes: Buffer) => void} take must be done with the bytes when it returns
 * @throws {import('../errors.js').RsprofError} DISK_FULL, ACCESS, IO; what `take` throws
 */
function eachPiece(tempDir, take) {
  const request = { target: null, tempDir, numericValues: false, exposeInternals: false };
  const source = writeRawSnapshot(request);
  try {
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (let bytes = source.readSync(buffer); bytes !== null; bytes = source.readSync(buffer))
      take(bytes);
  } finally {
    source.closeSync();
  }
}

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
}

/** Has `fill(fd)` write a file, and the disk take it. */
function writing(target, fill) {
  const fd = fs.openSync(target, 'w');
  try {
    fill(fd);
    sync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function writeRedacted(target, redactKey) {
  writing(target, (fd) => {
    const scanner = new SnapshotScanner({ redactKey });
    let spare = Buffer.allocUnsafeSlow(4 * PIECE_BYTES);
    const flush = () => {
      const bytes = scanner.take(spare);
      writeAll(fd, bytes);
      spare = Buffer.from(bytes.buffer);
    };
    eachPiece(path.dirname(target), (bytes) => {
      scanner.write(bytes);
      flush();
    });
    scanner.end();
    flush();
  });
}

/** Under the permission model V8 may be denied what Node's own files are granted. */
function writePlain(target) {
  try {
    writeSnapshotTo(target);
  } catch (error) {
    if (error.code !== 'ERR_ACCESS_DENIED') throw error;
    writing(target, (fd) => eachPiece(path.dirname(target), (bytes) => writeAll(fd, bytes)));
  }
}

/**
 * Writes a snapshot before it returns: this thread stops until the last byte is on the disk.
 *
 * @param {{ target: string, redactKey: Buffer|null }} request `target`: an existing, empty file
 * @throws {import('../errors.js').RsprofError} DISK_FULL, ACCESS, IO and others
 */
function writeSnapshotSync({ target, redactKey }) {
  try {
    if (redactKey) writeRedacted(target, redactKey);
    else writePlain(target);
  } catch (error) {
    throw fromSystemError(error, 'write', finalName(target));
  }
}

module.exports = { PIECE_BYTES, eachPiece, writeSnapshotSync };
