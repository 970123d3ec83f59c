'use strict';

/**
 * Where `export()` writes.
 *
 * @module
 */

const { Stream, Transform } = require('node:stream');

/** What comes in goes out: for a caller who gave nothing to write into. */
class ExportStream extends Transform {
  _transform(chunk, _encoding, done) {
    done(null, chunk);
  }
}

const isStream = (receiver) => receiver instanceof Stream;

function stringify(profile) {
  try {
    return { text: JSON.stringify(profile) };
  } catch (error) {
    return { error };
  }
}

function give(receiver, { error, text }) {
  if (!isStream(receiver)) {
    receiver(error, text);
    return;
  }
  if (error) receiver.emit('error', error);
  receiver.end(text);
}

/**
 * Hands a profile's JSON over, soon but not at once.
 *
 * @param {object} profile
 * @param {import('node:stream').Stream|((error: Error|undefined, text: string) => void)} [receiver]
 * @returns {import('node:stream').Stream|undefined} the stream that was given, or a new one
 */
function exportText(profile, receiver = undefined) {
  const target = receiver || new ExportStream();
  const result = stringify(profile);
  process.nextTick(give, target, result);
  return isStream(target) ? target : undefined;
}

module.exports = { ExportStream, exportText, isStream };
