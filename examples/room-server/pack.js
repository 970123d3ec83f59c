'use strict';

/**
 * Packs a list of texts into one buffer for the wire, with a checksum over it. It does so the slow
 * way, byte by byte: this is where the server's CPU goes.
 */
function pack(texts) {
  const bytes = [];
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) bytes.push(text.charCodeAt(at) & 0xff);
    bytes.push(0);
  }
  return Buffer.from([...bytes, checksum(bytes) & 0xff]);
}

function checksum(bytes) {
  let sum = 0;
  for (let round = 0; round < 40; round++) {
    for (let at = 0; at < bytes.length; at++) sum = (sum * 31 + bytes[at] + round) >>> 0;
  }
  return sum;
}

module.exports = { pack };
