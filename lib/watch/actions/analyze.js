'use strict';

/**
 * The action `analyze`: who holds the memory, or burns the time, told by a process of its own.
 *
 * @module
 */

const { count } = require('../../units.js');
const { writeVerdict } = require('../../verdict-file.js');
const { checkInput, findHistogram, findInput } = require('./inputs.js');

const TIMEOUT_SECONDS = 300;

/** Classes named in a verdict. */
const NAMED = 5;

/** What the numbers of objects tell by themselves. */
function classesInWords({ classes }) {
  const most = classes
    .slice(0, NAMED)
    .map(({ name, count: objects }) => `${count(objects)} ${name}`);
  return `By number of objects: ${most.join(', ')}.`;
}

/** An analysis of a capture, or only the words where there is none to analyse. */
async function analyze({ settings, context, signal }, histogram) {
  const { analyzeInProcess } = require('../../analysis-process.js');
  try {
    const { path } = findInput(context.outputs, settings.of, 'analyze');
    const report = await analyzeInProcess(path, { signal });
    await writeVerdict(path, report.verdict);
    return { verdict: report.verdict, kind: report.kind, path, report };
  } catch (error) {
    if (signal.aborted || !histogram) throw error;
    return { verdict: null, kind: 'classHistogram', path: histogram.path, report: null };
  }
}

async function run(how) {
  const histogram = findHistogram(how.context.outputs, how.settings.of);
  const output = await analyze(how, histogram);
  if (!histogram) return output;
  const sentences = [output.verdict, classesInWords(histogram)];
  return { ...output, verdict: sentences.filter(Boolean).join(' ') };
}

module.exports = {
  type: 'analyze',
  rows: { of: { type: 'string' } },
  outputs: ['verdict', 'kind', 'path'],
  read: ({ of, timeout = TIMEOUT_SECONDS }) => ({ of, timeout }),
  check: ({ settings, earlier, where }) => checkInput(settings.of, earlier, where),
  run,
};
