import compat = require('../../../memwatch.js');

export = compat;
