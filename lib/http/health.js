'use strict';

/**
 * The answer of `/health`: whether this thread answers at all, and what it is at.
 *
 * @module
 */

const { currentWatcher } = require('../watch/current.js');

/**
 * @param {{ operations?: { state: string }[] }} [parts] `operations`: those of the route
 * @returns {{ status: 'ok', uptime: number, capturing: boolean, watching: boolean }} `uptime`: seconds
 */
function healthReport({ operations = [] } = {}) {
  const watcher = currentWatcher()?.status();
  const fires = watcher?.rules.some(({ isFiring }) => isFiring) ?? false;
  return {
    status: 'ok',
    uptime: Math.round(process.uptime()),
    capturing: fires || operations.some(({ state }) => state === 'running'),
    watching: watcher !== undefined,
  };
}

module.exports = { healthReport };
