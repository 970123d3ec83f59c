'use strict';

/**
 * The rules that watch the process, and what they did; what they would do where there are none.
 *
 * @module
 */

const { element } = require('./dom.js');
const { section } = require('./profiler-dom.js');
const { clock } = require('./profiler-format.js');
const { page } = require('./profiler-page.js');
const { texts } = require('./profiler-texts.js');

function makeRule({ name, when, matches, isFiring, fired, lastFiredAt }) {
  const time = lastFiredAt && clock(lastFiredAt);
  const state = isFiring ? texts('firingNow') : matches && texts('matchesNow');
  const history = texts(fired ? 'firedCount' : 'notFired', { n: fired, time });
  return element(
    isFiring ? 'li.firing' : 'li',
    element('strong', name),
    element('code', when),
    element('span.soft', [state, history].filter(Boolean).join(' · ')),
  );
}

/** What stands in backquotes is code. */
function offer() {
  const parts = texts('noWatcher').split('`');
  return element('p.soft', ...parts.map((part, at) => (at % 2 ? element('code', part) : part)));
}

function makeRules() {
  const note = element('p.soft');
  const body = element('div');
  return {
    element: section(texts('rules'), [note], body),
    update() {
      const { watcher } = page.status;
      note.textContent = watcher?.dryRun ? texts('dryRun') : '';
      body.replaceChildren(
        watcher?.running ? element('ul.rules', ...watcher.rules.map(makeRule)) : offer(),
      );
    },
  };
}

module.exports = { makeRules };
