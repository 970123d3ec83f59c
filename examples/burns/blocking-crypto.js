'use strict';

const crypto = require('node:crypto');

function checkPassword(password) {
  return crypto.pbkdf2Sync(password, 'salt', 20_000, 64, 'sha512').toString('hex');
}

function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) checkPassword('secret');
}

module.exports = { burn };
