'use strict';

/** Options of `rsprof/koa`; `enable: false` switches the route off. */
exports.rsprof = {
  prefix: '/profiler',
};

/** Egg writes the configuration into a file, of the app and of the agent: the token is not for it. */
exports.dump = {
  ignoreKeyPaths: { 'config.rsprof.token': '' },
};
