'use strict';

/**
 * `node --import rsprof/register app.js` (or `--require`): watches this process, and every worker thread and
 * child process that inherits the option, without a change of code. Set up by `RSPROF_*` variables; see
 * docs/watch.md. What is wrong with them is a warning, never the end of the program.
 *
 * @module
 */

const { register } = require('./lib/watch/register.js');

const { watcher } = register();

module.exports = { watcher };
