'use strict';

module.exports = require('../../heapdump.js');
