'use strict';

const fs = require('node:fs');

/** Watches the event loop with a 1 ms timer: the longest gap is how long the thread stood still. */
class LoopWatch {
  start() {
    this.longest = 0;
    this.last = performance.now();
    this.timer = setInterval(() => this.#tick(), 1);
  }

  #tick() {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.last);
    this.last = now;
  }

  /** The longest gap in milliseconds; a gap that ends right now counts. */
  stop() {
    this.#tick();
    clearInterval(this.timer);
    return this.longest;
  }
}

/** Sets the kernel's peak figure (VmHWM) back to what is resident now; false where it may not be. */
function resetPeak() {
  try {
    fs.writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** VmRSS or VmHWM of this process in bytes. */
function memory(field) {
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024;
}

/** What `action` gives, and how long the call keeps the thread. */
function timed(action) {
  const begin = performance.now();
  const value = action();
  return { value, ms: performance.now() - begin };
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

module.exports = { LoopWatch, memory, resetPeak, timed, wait };
