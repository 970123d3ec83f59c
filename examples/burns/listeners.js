'use strict';

const { EventEmitter } = require('node:events');

const prices = new EventEmitter().setMaxListeners(0);

function render(price) {
  let text = '';
  for (let digit = 0; digit < 2000; digit++) text += (price * digit) % 10;
  return text;
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
