'use strict';

/**
 * Where a request stands relative to the mount of the route. Paths are compared as they are: nothing is decoded, so
 * nothing can hide in an escape.
 *
 * @module
 */

/** A query that a redirect may repeat. */
const PLAIN_QUERY = /^\?[\w.~%&=+-]*$/;

/**
 * A request as a path below the mount.
 *
 * @typedef {object} Place
 * @property {string} path begins with a slash; `''` for the mount without its slash
 * @property {string} query with its question mark, or `''`
 * @property {string} url as the client sent it
 */

/** Splits off the query; a fragment, which no client sends, ends the URL. */
function split(url) {
  const hash = url.indexOf('#');
  const whole = hash < 0 ? url : url.slice(0, hash);
  const mark = whole.indexOf('?');
  return mark < 0
    ? { path: whole, query: '' }
    : { path: whole.slice(0, mark), query: whole.slice(mark) };
}

/** Express and Koa's mount cut their prefix off, and the slash that was not there is added: the original tells. */
const isBareMount = (path, url) => path === '/' && !split(url).path.endsWith('/');

/**
 * @param {{ url: string, originalUrl?: string }} request of node:http or Express, or a context of Koa
 * @param {string} prefix `''` or such as `/profiler`
 * @returns {Place|undefined} undefined for what is outside
 */
function placeOf(request, prefix) {
  const { path, query } = split(request.url);
  const url = request.originalUrl ?? request.url;
  if (prefix === '') {
    if (!path.startsWith('/')) return undefined;
    return { path: isBareMount(path, url) ? '' : path, query, url };
  }
  if (path === prefix) return { path: '', query, url };
  if (!path.startsWith(`${prefix}/`)) return undefined;
  return { path: path.slice(prefix.length), query, url };
}

/**
 * The same below so many parts, for a mount whose text varies.
 *
 * @param {string} url
 * @param {number} depth
 * @returns {Place}
 */
function placeBelow(url, depth) {
  const { path, query } = split(url);
  const parts = path.split('/').slice(depth + 1);
  return { path: parts.length === 0 ? '' : `/${parts.join('/')}`, query, url };
}

/**
 * The address of the page, relative to the mount without its slash. A relative one is right behind any proxy.
 *
 * @param {string} url the client asked for
 * @returns {string}
 */
function slashedMount(url) {
  const { path, query } = split(url);
  // With `./` it is a path whatever the part holds: colons, backslashes.
  const last = encodeURI(path.slice(path.lastIndexOf('/') + 1)).replaceAll('%25', '%');
  return `./${last}/${PLAIN_QUERY.test(query) ? query : ''}`;
}

/** @param {string} path @returns {number} how many parts it has */
const slashes = (path) => path.split('/').length - 1;

module.exports = { placeBelow, placeOf, slashedMount, slashes, split };
