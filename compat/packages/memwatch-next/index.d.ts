import compat = require('../../memwatch-next.js');

export = compat;
