'use strict';

/**
 * Objects of this thread by V8's ids, through a DevTools session: each goes through a global for a moment.
 *
 * @module
 */

const HELD = 'rsprof.compat.held/1';
const EXPRESSION = `globalThis[Symbol.for('${HELD}')]`;
const KEEP = `function () { ${EXPRESSION} = this; }`;

const isObject = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

class RemoteObjects {
  #session;

  /** @param {import('../../inspector/session.js').InspectorSession} session */
  constructor(session) {
    this.#session = session;
  }

  /** @returns {number} 0 for what has none, and for what is no object */
  idOf(value) {
    if (!isObject(value)) return 0;
    try {
      globalThis[Symbol.for(HELD)] = value;
      const { result } = this.#session.post('Runtime.evaluate', { expression: EXPRESSION });
      return Number(this.#idOf(result.objectId));
    } finally {
      delete globalThis[Symbol.for(HELD)];
    }
  }

  #idOf(objectId) {
    try {
      return this.#session.post('HeapProfiler.getHeapObjectId', { objectId }).heapSnapshotObjectId;
    } finally {
      this.#session.post('Runtime.releaseObject', { objectId });
    }
  }

  /** @returns {[unknown]|false} false for what is gone, and for what is no object */
  find(id) {
    const objectId = this.#remote(id);
    if (objectId === undefined) return false;
    try {
      this.#session.post('Runtime.callFunctionOn', { objectId, functionDeclaration: KEEP });
      return [globalThis[Symbol.for(HELD)]];
    } finally {
      delete globalThis[Symbol.for(HELD)];
      this.#session.post('Runtime.releaseObject', { objectId });
    }
  }

  #remote(id) {
    try {
      const request = { objectId: String(id) };
      return this.#session.post('HeapProfiler.getObjectByHeapObjectId', request).result.objectId;
    } catch {
      // "Object is not available".
      return undefined;
    }
  }
}

module.exports = { RemoteObjects };
