'use strict';

/**
 * Which process on which host this is, in a form that outlives it: written into the names of partial
 * files so that a later process can tell whether their writer is still alive.
 *
 * @module
 */

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const { threadId } = require('node:worker_threads');

/** Start time of a process whose start time cannot be read. */
const UNKNOWN_START = '0';

/** Runs `read`; what is denied (permission model) or absent (no /proc) is the empty string. */
function quietly(read) {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * Eight hex digits for the host, its boot and its pid namespace: pids of equal tags can be compared.
 * Where /proc cannot be read only the host name counts.
 */
function readHostTag() {
  const parts = [
    quietly(() => os.hostname()),
    quietly(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    quietly(() => fs.readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}

/**
 * When a process started: field 22 of /proc/<pid>/stat, in clock ticks since boot.
 *
 * @param {number|'self'} pid
 * @returns {string} decimal digits; `'0'` where it cannot be known
 */
function startTimeOf(pid) {
  const text = quietly(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // Field 2 is the command in parentheses and may hold anything: count from its end (field 3).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return /^\d+$/.test(fields[19] ?? '') ? fields[19] : UNKNOWN_START;
}

let own;

/**
 * The identity of this thread of this process. Read once (three small files).
 *
 * @returns {{ hostTag: string, pid: number, startTime: string, threadId: number }}
 */
function identity() {
  own ??= Object.freeze({
    hostTag: readHostTag(),
    pid: process.pid,
    startTime: startTimeOf('self'),
    threadId,
  });
  return own;
}

function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/**
 * Whether the process that `writer` names still runs on this host. In doubt it does.
 *
 * @param {{ pid: number, startTime: string }} writer with the host tag of this process
 * @returns {boolean}
 */
function isAlive(writer) {
  if (!exists(writer.pid)) return false;
  if (writer.startTime === UNKNOWN_START) return true;
  const now = startTimeOf(writer.pid);
  return now === UNKNOWN_START || now === writer.startTime;
}

module.exports = { UNKNOWN_START, identity, isAlive, startTimeOf };
