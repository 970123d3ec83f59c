'use strict';

/** The version of this package, as in its package.json. */
module.exports = require('../package.json').version;
