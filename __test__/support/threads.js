'use strict';

const fs = require('node:fs');

/** The names of this process's threads, sorted. */
function threadNames() {
  const found = [];
  for (const id of fs.readdirSync('/proc/self/task')) {
    try {
      found.push(fs.readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim());
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }
  return found.sort();
}

/** The names of the threads that are rsprof's own. */
function ownThreads() {
  return threadNames().filter((name) => name.startsWith('rsprof'));
}

/** What the open file descriptors of this process point at, sorted. */
function openFiles() {
  const found = [];
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      found.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return found.filter((target) => target !== `/proc/${process.pid}/fd`).sort();
}

/** A figure of `/proc/self/status` (VmRSS, VmHWM, ...) in bytes. */
function memory(field, pid = 'self') {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status);
  return Number(match[1]) * 1024;
}

module.exports = { threadNames, ownThreads, openFiles, memory };
