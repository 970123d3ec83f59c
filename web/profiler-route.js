'use strict';

/**
 * Which part of the page an address means.
 *
 * @module
 */

/** How many captures each view is of. */
const VIEWS = { capture: 1, compare: 2 };

/** Of `#/capture/ID` and `#/compare/A/B`; everything else is the overview. */
function routeOf(hash) {
  const [, name, ...ids] = hash.split('/');
  const isView = Object.hasOwn(VIEWS, name ?? '') && ids.filter(Boolean).length === VIEWS[name];
  return isView ? { name, ids } : { name: 'overview', ids: [] };
}

module.exports = { routeOf };
