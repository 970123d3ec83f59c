'use strict';

const NAME = /^(\w+\s?)*$/;

/** One wrong character at the end: the expression tries every way to divide the words. */
function validate(name) {
  return NAME.test(name);
}

function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) validate('Ada Augusta King Noel!');
}

module.exports = { burn };
