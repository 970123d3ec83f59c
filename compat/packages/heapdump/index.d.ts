import compat = require('../../heapdump.js');

export = compat;
