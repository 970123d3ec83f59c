'use strict';

/**
 * The signals a rule may listen to. Whoever listens takes the signal's own effect away, so that what ends a
 * process, crashes it or is used by Node.js is none of them.
 *
 * @module
 */

const { constants } = require('node:os');

const ALLOWED = Object.freeze([
  'SIGUSR2',
  'SIGPWR',
  'SIGIO',
  'SIGURG',
  'SIGWINCH',
  'SIGCONT',
  'SIGALRM',
  'SIGVTALRM',
]);

const NEVER = 'no process can listen to it';
const CRASH = 'it reports a crash, after which no program can go on';
const ENDS = 'it ends a process on purpose, and would not any more if a rule listened';
const STOPS = 'it stops a process on purpose, and would not any more if a rule listened';

/** Why not. */
const REASONS = Object.freeze({
  SIGKILL: NEVER,
  SIGSTOP: NEVER,
  SIGUSR1: 'Node.js starts its inspector with it',
  SIGPROF: "V8's CPU profiler works with it",
  SIGSEGV: CRASH,
  SIGBUS: CRASH,
  SIGFPE: CRASH,
  SIGILL: CRASH,
  SIGABRT: CRASH,
  SIGIOT: CRASH,
  SIGTRAP: CRASH,
  SIGSYS: CRASH,
  SIGSTKFLT: CRASH,
  SIGTERM: ENDS,
  SIGINT: ENDS,
  SIGHUP: ENDS,
  SIGQUIT: ENDS,
  SIGXCPU: ENDS,
  SIGXFSZ: 'Node.js ignores it, so that a full file is an error and not the end',
  SIGPIPE: 'Node.js ignores it, so that a closed connection is an error and not the end',
  SIGCHLD: 'Node.js waits for its child processes with it',
  SIGTSTP: STOPS,
  SIGTTIN: STOPS,
  SIGTTOU: STOPS,
});

/**
 * @param {string} name
 * @returns {string|undefined} why a rule must not listen to it; undefined where it may
 */
function whyNot(name) {
  if (ALLOWED.includes(name) && Object.hasOwn(constants.signals, name)) return undefined;
  const known = `choose SIGUSR2, or one of ${ALLOWED.slice(1).join(', ')}`;
  if (Object.hasOwn(REASONS, name))
    return `a rule does not listen to ${name}: ${REASONS[name]}; ${known}`;
  return `there is no signal ${name} here; ${known}`;
}

module.exports = { ALLOWED, whyNot };
