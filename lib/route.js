'use strict';

/**
 * The route of a request, as few different ones as there are kinds of requests.
 *
 * @module
 */

/** Different routes; later ones are `(other)`. */
const MOST_ROUTES = 500;
const OTHER = '(other)';

/** Parts of a path that name one thing of many: numbers, UUIDs, long hexadecimal, long anything. */
const IDS = [
  /^\d+$/,
  /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i,
  /^[\da-f]{12,}$/i,
  /^.{65,}$/s,
];

/** Longer paths are cut: nobody routes by the rest. */
const MOST_CHARACTERS = 2048;

function isId(part) {
  return IDS.some((shape) => shape.test(part));
}

/** A path without query and ids: `/users/:id/orders`. */
function normalPath(url) {
  const end = url.search(/[?#]/);
  const path = (end < 0 ? url : url.slice(0, end)).slice(0, MOST_CHARACTERS);
  // A proxy is asked for whole URLs.
  const local = path.startsWith('/') ? path : path.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '');
  const parts = local.split('/').map((part) => (isId(part) ? ':id' : part));
  return parts.join('/') || '/';
}

/** What the framework's router found, where it did already: Fastify, Express, Koa's router. */
function knownPath(request) {
  const { routeOptions, route, baseUrl, _matchedRoute } = request;
  if (typeof routeOptions?.url === 'string') return routeOptions.url;
  if (typeof route?.path === 'string') return `${baseUrl ?? ''}${route.path}`;
  return typeof _matchedRoute === 'string' ? _matchedRoute : undefined;
}

/**
 * @param {object} request of node:http, Express, Connect or Fastify, or a context of Koa
 * @returns {string} such as `GET /users/:id`
 */
function routeOf(request) {
  const path = knownPath(request) ?? normalPath(request.originalUrl ?? request.url);
  return `${request.method} ${path}`;
}

/** Lets the first routes through, and those only. */
class RouteLimit {
  #seen = new Set();

  /** @param {string} route */
  pass(route) {
    if (this.#seen.has(route)) return route;
    if (this.#seen.size >= MOST_ROUTES) return OTHER;
    this.#seen.add(route);
    return route;
  }
}

module.exports = { RouteLimit, normalPath, routeOf };
