'use strict';

module.exports = require('../../memwatch-next.js');
