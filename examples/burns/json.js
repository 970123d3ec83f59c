'use strict';

const state = Array.from({ length: 2000 }, (_, id) => ({
  id,
  name: `user ${id}`,
  tags: ['a', 'b'],
}));

function copyState() {
  const text = JSON.stringify(state);
  return text.length;
}

function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) copyState();
}

module.exports = { burn };
