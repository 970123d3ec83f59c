'use strict';

const { EventEmitter } = require('node:events');

const prices = new EventEmitter().setMaxListeners(0);

function render(price) {
  let hash = 0;
  for (let row = 0; row < 5000; row++) hash = (hash * 31 + price * row) % 65_521;
  return hash;
}

for (let client = 0; client < 50; client++)
  prices.on('price', function onPrice(price) {
    render(price);
  });

function publishPrice(price) {
  prices.emit('price', price);
}

function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) publishPrice(7);
}

module.exports = { burn };
