'use strict';

/** Lets a test have its own addon in the place of `native/index.js`, built or not. */

const Module = require('node:module');
const path = require('node:path');

const FILES = ['backend.js', 'native-backend.js', 'inspector-backend.js'].map((name) =>
  path.join(__dirname, '..', '..', 'lib', name),
);

/**
 * @param {object} modules request -> what require() gives, or an Error it throws
 * @returns {object} a fresh lib/backend.js that sees them until the test ends
 */
function backendWith(t, modules) {
  const load = Module._load;
  const cached = FILES.map((file) => require.cache[file]);
  Module._load = function (request, ...rest) {
    if (!(request in modules)) return load.call(this, request, ...rest);
    if (modules[request] instanceof Error) throw modules[request];
    return modules[request];
  };
  for (const file of FILES) delete require.cache[file];
  t.after(() => {
    Module._load = load;
    FILES.forEach((file, index) => {
      delete require.cache[file];
      if (cached[index]) require.cache[file] = cached[index];
    });
  });
  return require('../../lib/backend.js');
}

module.exports = { backendWith };
