'use strict';

/**
 * Finds the route of a path: patterns such as `/captures/:id/file`, matched part by part.
 *
 * @module
 */

/** What a part in the place of `:name` may be: ids, names of assets, formats. Never a dot alone, never an escape. */
const PART = /^(?!\.+$)[\w.-]{1,100}$/;

function compile(pattern) {
  const parts = pattern.split('/').slice(1);
  return parts.map((part) => (part.startsWith(':') ? { name: part.slice(1) } : { text: part }));
}

function match(parts, given) {
  if (parts.length !== given.length) return undefined;
  const parameters = {};
  for (const [index, { name, text }] of parts.entries()) {
    const part = given[index];
    if (text === undefined ? !PART.test(part) : part !== text) return undefined;
    if (name) parameters[name] = part;
  }
  return parameters;
}

/** The routes of a table. */
class Router {
  #routes;

  /** @param {object[]} table each with `method`, `path` and what its user needs */
  constructor(table) {
    this.#routes = table.map((route) => ({ route, parts: compile(route.path) }));
  }

  /**
   * @param {string} method HEAD finds what GET does
   * @param {string} path begins with a slash
   * @returns {{ route?: object, parameters: object, allowed: string[] }} without a route, `allowed` has the methods
   *   the path takes; none: there is no such path
   */
  find(method, path) {
    const given = path.split('/').slice(1);
    const asked = method === 'HEAD' ? 'GET' : method;
    const allowed = [];
    for (const { route, parts } of this.#routes) {
      const parameters = match(parts, given);
      if (!parameters) continue;
      if (route.method === asked) return { route, parameters, allowed: [] };
      allowed.push(...(route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
    }
    return { parameters: {}, allowed };
  }
}

module.exports = { Router };
