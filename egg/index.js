'use strict';

/**
 * `rsprof/egg`: how the plugin is switched on, for an app's `config/plugin.js`:
 * `exports.rsprof = require('rsprof/egg')`.
 *
 * @module
 */

exports.enable = true;
exports.package = 'rsprof/egg';
