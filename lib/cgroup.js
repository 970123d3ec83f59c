'use strict';

/**
 * What the kernel does to this process's control group when its memory is used up.
 *
 * @module
 */

const fs = require('node:fs');
const path = require('node:path');

const ROOT = '/sys/fs/cgroup';

function read(file) {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/**
 * Whether it kills all of the group, this process included, for a child that takes too much: cgroup v2's
 * `memory.oom.group`, here or in a group around this one. Kubernetes sets it for containers from 1.28 on.
 *
 * @returns {boolean} false where there is no cgroup v2, or it cannot be read
 */
function killsTogether() {
  const group = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup'))?.[1];
  if (group === undefined) return false;
  for (let at = group; ; at = path.posix.dirname(at)) {
    if (read(path.posix.join(ROOT, at, 'memory.oom.group')).trim() === '1') return true;
    if (at === '/') return false;
  }
}

module.exports = { killsTogether };
