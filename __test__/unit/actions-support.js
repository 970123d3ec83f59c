'use strict';

/** What the tests of actions share: a run, with everything injected that is not under test. */

const { readActions, runActions } = require('../../lib/watch/actions.js');

const WHERE = 'rules[0].actions';

function contextOf(more = {}) {
  return {
    rule: { name: 'heap', when: 'heapUsed > 80% of heapLimit' },
    reason: 'heapUsed is 900 MB',
    firedAt: '2026-01-02T03:04:05.678Z',
    readings: { rss: 1024, cpu: Number.NaN },
    outputs: {},
    baselines: new Map(),
    fits: () => null,
    ...more,
  };
}

/** Runs `actions` as they stand in a rule; gives the result and what was told meanwhile. */
async function run(actions, { signal, ...more } = {}) {
  const context = contextOf(more);
  const events = [];
  const report = (event) => {
    events.push(event);
    more.report?.(event);
  };
  const read = readActions(actions, WHERE);
  const result = await runActions({ actions: read, context, signal, report });
  return { ...result, events, context };
}

const told = (events) => events.map(({ phase, action }) => `${phase} ${action.id}`);

module.exports = { WHERE, contextOf, run, told };
