'use strict';

/** V8 compiles it for the kinds of values that it has seen, and throws the code away when another one comes. */
function totalOf(a, b, c, d, e, f, g, h) {
  let total = 0;
  for (let times = 0; times < 50; times++) {
    total += a.price + b.price;
    total += c.price + d.price;
    total += e.price + f.price;
    total += g.price + h.price;
  }
  return total;
}

/** Eight parts of an order, of which the first `odd` are of a shape of their own. */
function makeParts(odd) {
  const part = (at) => (at < odd ? { [`note${at}`]: 'odd', price: at + 0.5 } : { price: at });
  return Array.from({ length: 8 }, (_, at) => part(at));
}

function addUp(odd, milliseconds) {
  const parts = makeParts(odd);
  const end = performance.now() + milliseconds;
  let sum = 0;
  while (performance.now() < end) sum += totalOf(...parts);
  return sum;
}

/** Once: after it V8 has seen all shapes. */
function burn(milliseconds) {
  for (let odd = 0; odd <= 8; odd++) addUp(odd, milliseconds / 9);
}

module.exports = { burn };
