'use strict';

/**
 * The page of one flame graph. Elsewhere `mountFlameGraph` does the same in any element.
 *
 * @module
 */

const { mountFlameGraph } = require('./flame-graph.js');
const { amount, plural } = require('./flame-labels.js');
const { visible } = require('../lib/visible.js');

globalThis.mountFlameGraph = mountFlameGraph;

/** What the profile is, in one line. */
function summary(data) {
  const { kind, total, busy, samples, functions } = data;
  const parts =
    kind === 'allocation'
      ? ['Allocation profile', `${amount(data, total)} still alive`]
      : ['CPU profile', amount(data, total), total > busy ? `${amount(data, busy)} busy` : ''];
  const known = [
    samples && plural(samples.node.length, 'sample'),
    plural(functions.name.length, 'function'),
  ];
  return [...parts, ...known].filter(Boolean).join(' · ');
}

function start(element, source) {
  const status = document.getElementById('summary');
  try {
    const data = JSON.parse(source.textContent);
    mountFlameGraph(element, data);
    const title = visible(data.title);
    document.title = `${title}: flame graph`;
    document.getElementById('title').textContent = title;
    status.textContent = summary(data);
  } catch (error) {
    status.textContent = `This profile cannot be shown: ${visible(error.message)}. Export it again.`;
  }
}

const [element, source] = ['flame', 'data'].map((id) => document.getElementById(id));

// The page is shown before a large profile is read.
if (element && source) requestAnimationFrame(() => setTimeout(start, 0, element, source));
