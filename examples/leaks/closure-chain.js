'use strict';

// Two closures of one call share one context. `unused` needs `originalThing`, so the context that
// someMethod keeps has it too: every theThing holds the one before it, with its longStr. Known from
// Meteor's blog, 2013.
//
//   node examples/leaks/closure-chain.js FILE

const crypto = require('node:crypto');
const v8 = require('node:v8');

const file = process.argv[2];
const ROUNDS = 30;

let theThing = null;
let rounds = 0;

function replaceThing() {
  const originalThing = theThing;
  // biome-ignore lint/correctness/noUnusedVariables: that it is never called is the point
  const unused = () => {
    if (originalThing) console.log('hi');
  };
  theThing = {
    // Meteor's has `new Array(1000000).join('*')`, which today's V8 keeps as a few small pieces.
    longStr: crypto.randomBytes(250_000).toString('hex'),
    someMethod() {
      console.log('a message');
    },
  };
  // The fix: `originalThing = null` here, or no `unused`.
}

setInterval(() => {
  replaceThing();
  if (++rounds < ROUNDS) return;
  console.log(v8.writeHeapSnapshot(file));
  process.exit();
}, 1);
