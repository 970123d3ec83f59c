'use strict';

const fs = require('node:fs');

function readTemplate() {
  return fs.readFileSync(__filename, 'utf8');
}

function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) readTemplate();
}

module.exports = { burn };
