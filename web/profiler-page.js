'use strict';

/**
 * What is known of the process, for all parts of the page.
 *
 * @module
 */

const { makeApi } = require('./api.js');
const { button, element } = require('./dom.js');
const { errorText } = require('./profiler-errors.js');
const { Readings } = require('./profiler-readings.js');
const { texts } = require('./profiler-texts.js');

const page = {
  api: makeApi(),
  /** Answer of `status`. */
  status: undefined,
  forecast: undefined,
  captures: [],
  operations: [],
  /** Of the last five minutes. */
  readings: new Readings(300_000),
  /** Since when the process does not answer. */
  lostAt: undefined,
  /** Its clock minus ours, in ms. */
  clockOffset: 0,
  /** Told when one thing or the other has changed; see profiler-app.js. */
  operationChanged: undefined,
  loadCaptures: undefined,
};

const problem = element('div.problem', { role: 'alert', hidden: true });

/** For who listens instead of looking. */
const spoken = element('p.unseen', { 'aria-live': 'polite' });

function navigate(hash) {
  location.hash = hash;
}

/** Runs what may fail; what went wrong stays on the page until somebody puts it away. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    // That nobody answers is said once, at the top.
    if (error.status === 0 && page.lostAt !== undefined) return undefined;
    const hide = () => {
      problem.hidden = true;
    };
    problem.replaceChildren(
      element('p', errorText(error)),
      button('×', hide, { 'aria-label': texts('dismiss'), class: 'quiet' }),
    );
    problem.hidden = false;
    return undefined;
  }
}

module.exports = { attempt, navigate, page, problem, spoken };
