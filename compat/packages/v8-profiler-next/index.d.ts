import compat = require('../../v8-profiler-next.js');

export = compat;
