'use strict';

const { spawnSync } = require('node:child_process');
const { onCleanup, tempDir } = require('./tempdir.js');

/** A folder on a disk of so many KiB, unmounted when the test `t` is over; undefined without the right to. */
function smallDisk(t, kibibytes) {
  const dir = tempDir(t);
  const options = ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', dir];
  if (spawnSync('mount', options).status !== 0) return undefined;
  onCleanup(t, () => spawnSync('umount', [dir]));
  return dir;
}

module.exports = { smallDisk };
