'use strict';

// The snapshots that DevTools and rsprof are both asked about: of a varied program, two of one
// process, on every Node line.

const path = require('node:path');

const { ensureNodes } = require('../../scripts/nodes.js');
const { must } = require('../../scripts/support/run.js');

const program = path.join(__dirname, 'varied.js');

/** V8's options give other files: on the oldest line that knows them and on the newest. */
const WITH_OPTIONS = [20, 26];
const VARIANTS = [
  { name: 'plain' },
  { name: 'evaluated', start: ['-e', `require(${JSON.stringify(program)})`] },
  { name: 'internals', options: { exposeInternals: true }, lines: WITH_OPTIONS },
  { name: 'numbers', options: { exposeNumericValues: true }, lines: WITH_OPTIONS },
];

/** `[{ name, node, start, options }]` of every line and variant. */
async function subjects() {
  const nodes = await ensureNodes(console.error);
  return nodes.flatMap(({ version, node }) => {
    const line = Number.parseInt(version, 10);
    const variants = VARIANTS.filter(({ lines }) => lines?.includes(line) ?? true);
    return variants.map(({ name, ...rest }) => ({
      name: `Node ${version}, ${name}`,
      node,
      ...rest,
    }));
  });
}

/** Runs the program; gives the paths of its two snapshots. */
async function takeSnapshots({ node, start = [program], options = {} }, folder) {
  const before = path.join(folder, 'before.heapsnapshot');
  const after = path.join(folder, 'after.heapsnapshot');
  const args = [...start, JSON.stringify(options), before, after];
  await must('taking snapshots of the varied program', node, args);
  return { before, after };
}

module.exports = { subjects, takeSnapshots };
