'use strict';

/**
 * Whether a browser sent a request for a page that is not ours.
 *
 * @module
 */

const { hostName, hostOf } = require('./request-headers.js');

/** Sites of which a page may send something: the page itself, and the address bar. */
const OWN_SITES = [undefined, 'same-origin', 'none'];

/** A link to the page from elsewhere is fine: it opens the page, and tells the other one nothing. */
function opensThePage({ method, headers }, path) {
  return (
    (path === '/' || path === '') &&
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

/** A proxy that changes `Host` says what it was: no page of another origin can send this field without asking us. */
function namesOf(request) {
  const forwarded = request.headers['x-forwarded-host']?.toLowerCase();
  return [hostOf(request), ...(forwarded ? forwarded.split(',').map((name) => name.trim()) : [])];
}

function isOwnOrigin(origin, request, hosts) {
  const host = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
  if (host === undefined) return false;
  return namesOf(request).includes(host) || hosts.includes(hostName(host));
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {string} path below the mount
 * @param {string[]} hosts names the route has beside the one in `Host`
 * @returns {boolean}
 */
function isCrossSite(request, path, hosts) {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (!OWN_SITES.includes(site) && !opensThePage(request, path)) return true;
  return origin !== undefined && !isOwnOrigin(origin, request, hosts);
}

module.exports = { isCrossSite };
