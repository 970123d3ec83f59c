'use strict';

/**
 * Whose death ends the processes it leaves behind? What a dying process has forked cannot finish then,
 * unless it waits.
 *
 * @module
 */

const fs = require('node:fs');

/** The pid namespace of the host: PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h. */
const HOST_NAMESPACE = 'pid:[4026531836]';

/** First processes of containers that end when the one program ends that they started. */
const FORWARDERS = new Set([
  'tini',
  'docker-init',
  'dumb-init',
  'catatonit',
  'sh',
  'bash',
  'dash',
  'ash',
  'npm',
  'npm start',
  'yarn',
  'pnpm',
]);

function quietly(read) {
  try {
    return read();
  } catch {
    return '';
  }
}

function inContainer() {
  const namespace = quietly(() => fs.readlinkSync('/proc/self/ns/pid'));
  return namespace !== '' && namespace !== HOST_NAMESPACE;
}

/** The name of process 1, such as `tini`. */
function nameOfFirst() {
  return quietly(() => fs.readFileSync('/proc/1/comm', 'utf8')).trim();
}

/**
 * Why the processes that this one leaves behind die with it, or undefined where they live on as far as
 * can be told.
 *
 * @returns {string|undefined}
 */
function lastOfItsKind() {
  if (process.pid === 1) return 'it is process 1 of a container';
  // systemd ends what is left in the unit's control group when its main process ends.
  if (process.env.SYSTEMD_EXEC_PID === String(process.pid)) {
    return 'it is the main process of a systemd unit';
  }
  if (process.ppid === 1 && inContainer() && FORWARDERS.has(nameOfFirst())) {
    return `the container ends with it: process 1 is ${nameOfFirst()}`;
  }
  return undefined;
}

module.exports = { lastOfItsKind };
