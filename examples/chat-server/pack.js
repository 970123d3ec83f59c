'use strict';

/**
 * A message as the bytes of a frame: its length, its text, a checksum. Costs some tens of microseconds.
 *
 * @param {object} message
 * @returns {Buffer}
 */
function pack(message) {
  const text = JSON.stringify(message);
  const frame = Buffer.allocUnsafe(text.length * 3 + 8);
  const length = frame.write(text, 4);
  let checksum = 0xffff;
  for (let at = 4; at < length + 4; at++) {
    checksum ^= frame[at];
    for (let bit = 0; bit < 8; bit++) {
      checksum = checksum & 1 ? (checksum >>> 1) ^ 0xa001 : checksum >>> 1;
    }
  }
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(checksum, length + 4);
  return frame.subarray(0, length + 8);
}

module.exports = { pack };
