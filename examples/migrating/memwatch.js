'use strict';

// The program of every memwatch tutorial: it is told of collections and of leaks, and asks what has grown
// meanwhile. All that is changed is the name that is required.
//
//     node examples/migrating/memwatch.js

const memwatch = require('../../compat/memwatch.js'); // require('rsprof/compat/memwatch')

const leaked = [];

function Session(user) {
  this.user = user;
  this.history = new Array(100).fill(user);
}

const before = new memwatch.HeapDiff();

memwatch.on('stats', ({ used_heap_size: used }) => console.log(`a full collection left ${used}`));

memwatch.once('leak', ({ reason }) => {
  console.log(`leak: ${reason}`);
  clearInterval(timer);
  const { change } = before.end();
  const grown = change.details.sort((a, b) => b.size_bytes - a.size_bytes);
  for (const { what, size, '+': added } of grown.slice(0, 3)) console.log(what, size, `+${added}`);
  const { '+': sessions } = change.details.find(({ what }) => what === 'Session');
  console.log(`${sessions} sessions more`);
});

const timer = setInterval(() => {
  for (let i = 0; i < 1000; i++) leaked.push(new Session(`user ${leaked.length}`));
  memwatch.gc();
}, 10);
