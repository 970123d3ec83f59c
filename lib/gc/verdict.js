'use strict';

/**
 * One to three sentences on a garbage collection profile.
 *
 * @module
 */

const { duration, percent, plural, size } = require('../units.js');

/** Of the time: too much for no trouble, however few they are. */
const MUCH = 0.1;

function extent({ count, pauseMs, durationMs, share, longest }) {
  if (count === 0) return `not a single collection in ${duration(durationMs)}`;
  return (
    `${plural(count, 'collection')} took ${duration(pauseMs)} of ${duration(durationMs)} ` +
    `(${percent(share)}), the longest ${longest.ms.toFixed(1)} ms`
  );
}

function more(advice) {
  const others = advice.length - 1;
  return others === 0 ? '' : ` And ${plural(others, 'more advice', 'more pieces of advice')}.`;
}

/**
 * @param {object} figures see figures.js
 * @param {{ text: string }[]} advice the most urgent first
 * @returns {string}
 */
function verdict(figures, advice) {
  if (advice.length > 0) return `${advice[0].text}${more(advice)}`;
  const rate = `${size(figures.allocationRate)} are allocated each second`;
  const judgement = figures.share < MUCH ? 'No trouble' : 'Too few collections to tell';
  return `${judgement}: ${extent(figures)}; ${rate}.`;
}

module.exports = { extent, verdict };
