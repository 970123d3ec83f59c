'use strict';

module.exports = require('../../../memwatch.js');
