'use strict';

/**
 * The page and what it loads.
 *
 * @module
 */

const { RsprofError } = require('../../errors.js');
const { accepts } = require('../accepts.js');
const { body, empty, text } = require('../reply.js');

/** Assets are kept by browsers and asked for again with their tag: a new version shows at once. */
const KEPT = 'no-cache, no-transform';

function languageOf({ headers }) {
  return /^\s*zh\b/i.test(headers['accept-language'] ?? '') ? 'zh' : 'en';
}

function page(call) {
  const html = call.parts.web.pageHtml({ lang: languageOf(call.request) });
  text(call, 200, html, 'text/html; charset=utf-8', { Vary: 'Accept-Language' });
}

function asset(call) {
  const found = call.parts.web.asset(call.parameters.name);
  if (!found) throw new RsprofError('ERR_RSPROF_NOT_FOUND', 'not found');
  const zipped = accepts(call.request.headers['accept-encoding'], 'gzip');
  const etag = zipped ? found.etag.replace(/"$/, '-gzip"') : found.etag;
  const headers = { 'Cache-Control': KEPT, ETag: etag, Vary: 'Accept-Encoding' };
  if (isKnown(call.request, found.etag, etag)) {
    empty(call, 304, headers);
    return;
  }
  if (zipped) headers['Content-Encoding'] = 'gzip';
  body(call, 200, zipped ? found.gzip : found.body, { 'Content-Type': found.type, ...headers });
}

function isKnown({ headers }, ...etags) {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((tag) => etags.includes(tag.trim().replace(/^W\//, '')));
}

module.exports = { asset, page };
