import compat = require('../../v8-profiler.js');

export = compat;
