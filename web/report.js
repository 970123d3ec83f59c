'use strict';

const { liveTables } = require('./live-tables.js');

liveTables(document);
