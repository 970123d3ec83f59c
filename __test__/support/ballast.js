'use strict';

// Script text that makes a heap of a known size, for children in which a capture is to take a while.

/** `globalThis.ballast`: small objects, about 100 bytes and three edges each. */
function ballast(objects) {
  return `
    class Ballast { constructor(i) { this.a = i; this.b = [i]; } }
    globalThis.ballast = Array.from({ length: ${objects} }, (_, i) => new Ballast(i));
  `;
}

module.exports = { ballast };
