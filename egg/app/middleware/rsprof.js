'use strict';

const profiler = require('../../../koa.js');

/** What Egg itself reads of a middleware's configuration. */
const OF_EGG = ['enable', 'match', 'ignore'];

/**
 * The route of rsprof as a middleware of Egg.
 *
 * @param {object} options `config.rsprof`
 * @param {object} app
 * @returns {Function}
 */
module.exports = (options, app) => {
  const own = { ...options };
  for (const name of OF_EGG) delete own[name];
  const middleware = profiler(own);
  app.beforeClose(() => middleware.close());
  return middleware;
};
