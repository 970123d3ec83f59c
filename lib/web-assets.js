'use strict';

/**
 * What browsers get, as `scripts/web.js` has built it from web/.
 *
 * @module
 */

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { RsprofError } = require('./errors.js');
const { html } = require('./markup.js');

const DIST = path.join(__dirname, '..', 'web', 'dist');

/** What the page of `profiler()` loads: of the texts those of one language. */
const SERVED = Object.freeze(['profiler.js', 'profiler.css', 'texts-en.js', 'texts-zh.js']);

/** What pages that need nothing else carry along. */
const CARRIED = Object.freeze(['flame.js', 'flame.css', 'report.js', 'report.css']);

const TEMPLATES = Object.freeze(['profiler.html', 'flame.html', 'report.html']);

const TYPES = Object.freeze({
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
});

function read(name) {
  try {
    return fs.readFileSync(path.join(DIST, name));
  } catch (cause) {
    const message =
      `rsprof cannot read its own file web/dist/${name} (${cause.code}): in a checkout build it by ` +
      '`node scripts/web.js` (part of `npm run build`), otherwise install rsprof again';
    throw new RsprofError('ERR_RSPROF_IO', message, { cause });
  }
}

/**
 * A style, a script or a template, for a page that carries it along.
 *
 * @param {string} name
 * @returns {string}
 */
const webText = (name) => read(name).toString('utf8');

function load(name) {
  const body = read(name);
  const digest = crypto.createHash('sha256').update(body).digest('base64url');
  const type = TYPES[path.extname(name)];
  return Object.freeze({ name, type, body, gzip: read(`${name}.gz`), etag: `"${digest}"` });
}

const loaded = new Map();

/**
 * A file that the page of `profiler()` asks for.
 *
 * @param {string} name whatever a client sent; only names of the table are looked for
 * @returns {{ name: string, type: string, body: Buffer, gzip: Buffer, etag: string }|undefined}
 */
function asset(name) {
  if (!SERVED.includes(name)) return undefined;
  if (!loaded.has(name)) loaded.set(name, load(name));
  return loaded.get(name);
}

/** A template with its slots filled. In a style or a script a slot is a comment: the template is valid as it stands. */
const fill = (template, slots) =>
  template.replace(/(?:\/\*)?\{\{(\w+)\}\}(?:\*\/)?/g, (_, slot) => slots[slot] ?? '');

/**
 * The page of `profiler()`.
 *
 * @param {Record<string, string>} slots texts for its slots, such as `lang` and `base`
 * @returns {string}
 */
function pageHtml(slots = {}) {
  const escaped = Object.entries(slots).map(([slot, text]) => [slot, String(html`${text}`)]);
  return fill(webText('profiler.html'), Object.fromEntries(escaped));
}

module.exports = { CARRIED, DIST, SERVED, TEMPLATES, asset, fill, pageHtml, webText };
