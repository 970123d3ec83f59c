'use strict';

/**
 * Keeps in-process DevTools sessions away from a snapshot that another thread serialises.
 *
 * While that runs, nobody may clear V8's object ids on this isolate, and `HeapProfiler.*` commands and
 * `disconnect()` do. So `inspector.Session` first waits for the serialiser, for as long as one runs;
 * afterwards the class is as it was.
 *
 * Sessions of another thread (`connectToMainThread()`) cannot be seen from here.
 *
 * @module
 */

/** Recordings that serialise off-thread. */
const guarded = new Set();

/** Methods replaced now: `{ owner, name, original, replacement }`. */
let wrapped = [];

/** Waits until no other thread reads a snapshot of this one: for who is about to take another. */
function finishSerializing() {
  for (const recording of [...guarded]) recording.finishSerializing();
}

function touchesHeap(name, args) {
  return name === 'disconnect' || String(args[0]).startsWith('HeapProfiler.');
}

function wrap(owner, name) {
  const original = owner[name];
  const replacement = function (...args) {
    if (guarded.size > 0 && touchesHeap(name, args)) finishSerializing();
    return original.apply(this, args);
  };
  Object.defineProperty(replacement, 'name', { value: name });
  owner[name] = replacement;
  wrapped.push({ owner, name, original, replacement });
}

/** The prototypes whose methods reach V8; none in a Node without inspector. */
function prototypes() {
  const found = [];
  for (const name of ['node:inspector', 'node:inspector/promises']) {
    try {
      found.push(require(name).Session.prototype);
    } catch {
      // Built without it, or too old for it.
    }
  }
  return found;
}

function wrapSessions() {
  const [session, promised] = prototypes();
  if (!session) return;
  wrap(session, 'post');
  wrap(session, 'disconnect');
  // It keeps the `post` of its own making, which does not go through the one above.
  if (promised && Object.hasOwn(promised, 'post')) wrap(promised, 'post');
}

/** Somebody may have wrapped our wrapper meanwhile: then it stays, and does nothing. */
function unwrapSessions() {
  for (const { owner, name, original, replacement } of wrapped.reverse()) {
    if (owner[name] === replacement) owner[name] = original;
  }
  wrapped = [];
}

/**
 * Guards `recording` until the returned function is called.
 *
 * @param {{ finishSerializing(): void }} recording blocks until the serialiser has let go
 * @returns {() => void} ends the guard; harmless to call twice
 */
function guard(recording) {
  if (guarded.size === 0) wrapSessions();
  guarded.add(recording);
  return () => {
    if (guarded.delete(recording) && guarded.size === 0) unwrapSessions();
  };
}

/** @returns {boolean} whether DevTools can be (or is) attached to this process */
function inspectorIsOpen() {
  try {
    return require('node:inspector').url() !== undefined;
  } catch {
    return false;
  }
}

module.exports = { finishSerializing, guard, inspectorIsOpen };
