'use strict';

module.exports = require('../../v8-profiler-next.js');
