'use strict';

// Healthy: a process that has just loaded a very big module and used it once.

const path = require('node:path');
const v8 = require('node:v8');

// TypeScript's compiler in JavaScript, as a tool of this repository has it. V8 before Node 22 counts
// the lines of a script once for each of its functions in a snapshot, which takes half a minute here.
const USES = {
  typescript: (typescript) => typescript.transpile('let one: number = 1;'),
  'highlight.js': (highlighter) => highlighter.highlight('let one = 1;', { language: 'js' }).value,
};
const name = Number(process.versions.node.split('.')[0]) >= 22 ? 'typescript' : 'highlight.js';
const bigModule = require(require.resolve(name, { paths: [toolFolder()] }));

function toolFolder() {
  return path.dirname(require.resolve('@arethetypeswrong/core/package.json'));
}

console.log(USES[name](bigModule).length);
console.log(v8.writeHeapSnapshot(process.argv[2]));
process.exit();
