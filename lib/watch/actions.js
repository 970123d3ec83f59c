'use strict';

/**
 * What a rule does when it fires: captures, analyses, messages, a function of the user. Each type of
 * action is a file of lib/watch/actions: `{ type, rows, read(fields, where) -> settings, run(how) -> output }`,
 * with `outputs` (what templates may name), `templates(settings)` and `check(...)` where it refers to
 * others, `writes` where its output names files that it made.
 *
 * @module
 */

const { readAction, readActions } = require('./actions/read.js');
const { runActions } = require('./actions/run.js');

module.exports = { readAction, readActions, runActions };
