'use strict';

function makeRows(count) {
  const rows = [];
  for (let id = 0; id < count; id++) rows.push({ id, name: [id], tags: { id } });
  return rows;
}

function burn(milliseconds) {
  const end = performance.now() + milliseconds;
  let kept = [];
  while (performance.now() < end) {
    kept.push(makeRows(2000));
    if (kept.length > 100) kept = [];
  }
}

module.exports = { burn };
