'use strict';

/**
 * @param {import('node:fs').promises.FileHandle} handle
 * @param {number} size
 * @returns {Promise<Buffer>} what there is of the first `size` bytes
 */
async function firstBytes(handle, size) {
  const bytes = Buffer.allocUnsafeSlow(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(bytes, done, size - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

module.exports = { firstBytes };
