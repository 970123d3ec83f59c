'use strict';

/**
 * Header fields of a request that count once. Node keeps the first of some and joins others: whoever sends one twice
 * wants two readers to see different things.
 *
 * @module
 */

/** Fields that decide who may do what. */
const SINGLE = new Set(['host', 'origin', 'authorization', 'sec-fetch-site', 'x-rsprof']);

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {boolean} whether a field that decides stands there twice
 */
function hasDoubled({ rawHeaders = [] }) {
  const seen = new Set();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}

/** `Host`, or what HTTP/2 has in its place; lower case. */
function hostOf({ headers }) {
  return (headers.host ?? headers[':authority'] ?? '').toLowerCase();
}

/** A `Host` without its port; undefined for what is none. */
function hostName(host) {
  return /^(\[[\da-f:.]+\]|[\w.-]+?)\.?(:\d{1,5})?$/.exec(host)?.[1];
}

module.exports = { hasDoubled, hostName, hostOf };
