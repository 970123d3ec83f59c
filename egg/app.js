'use strict';

/**
 * `rsprof/egg`: a plugin of Egg 3 with the route of `profiler()`. Each worker shows itself; there is nothing for the
 * agent to do.
 *
 * @module
 */

class RsprofBoot {
  #app;

  constructor(app) {
    this.#app = app;
  }

  /** Before all others: no body is to be parsed for the route, and its own checks stand for Egg's csrf. */
  configDidLoad() {
    this.#app.config.coreMiddleware.unshift('rsprof');
  }
}

module.exports = RsprofBoot;
