'use strict';

/**
 * What past firings forbid: cooldown, count in a window, total of all rules.
 *
 * @module
 */

const { isOfProfiler } = require('./makers.js');
const { spellDuration } = require('./quantity.js');

/** When a firing was over; one that died in the middle, when it began. */
const endOf = ({ at, endedAt }) => Math.max(at, endedAt ?? at);

function cooldown(own, { rule, limits, now }) {
  const last = own.reduce((latest, entry) => Math.max(latest, endOf(entry)), -Infinity);
  const until = last + limits.cooldown;
  if (!(until > now)) return null;
  const ago = spellDuration(now - last);
  const reason = `rule '${rule}' fired ${ago} ago; its cooldown is ${spellDuration(limits.cooldown)}`;
  return { limit: 'cooldown', reason, until };
}

/** The limit of `most` in a sliding window of `per` ms. */
function inWindow(entries, { most, per, now }) {
  const recent = entries.filter(({ at }) => at > now - per);
  if (recent.length < most) return null;
  // When so many are left that one more fits.
  return { until: recent[recent.length - most].at + per, count: recent.length };
}

const times = (count) => (count === 1 ? 'once' : `${count} times`);

function count(own, { rule, limits, now }) {
  const full = inWindow(own, { most: limits.count, per: limits.per, now });
  if (!full) return null;
  const reason = `rule '${rule}' fired ${times(full.count)} in ${spellDuration(limits.per)}; its limit is ${limits.count}`;
  return { limit: 'count', reason, until: full.until };
}

/** What people take by the profiler's buttons does not silence the rules, nor the other way round. */
function total(entries, { rule, limits, now }) {
  if (isOfProfiler({ rule })) return null;
  const ofRules = entries.filter((entry) => !isOfProfiler(entry));
  const full = inWindow(ofRules, { most: limits.total, per: limits.totalPer, now });
  if (!full) return null;
  const reason = `rules fired ${times(full.count)} in ${spellDuration(limits.totalPer)}; limits.total is ${limits.total}`;
  return { limit: 'total', reason, until: full.until };
}

/**
 * @param {{ rule: string, at: number, endedAt: number|null }[]} entries oldest first, ms since the epoch
 * @param {{ rule: string, limits: object, now: number, withoutCooldown?: boolean }} wish
 * @returns {{ limit: 'cooldown'|'count'|'total', reason: string, until: number }|null} the one that lasts
 *   longest; null where the rule may fire
 */
function whyNotNow(entries, wish) {
  const own = entries.filter(({ rule }) => rule === wish.rule);
  const found = [
    wish.withoutCooldown ? null : cooldown(own, wish),
    count(own, wish),
    total(entries, wish),
  ].filter((one) => one !== null);
  if (found.length === 0) return null;
  return found.reduce((longest, one) => (one.until > longest.until ? one : longest));
}

module.exports = { whyNotNow };
