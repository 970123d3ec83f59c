'use strict';

/**
 * What rsprof says about itself: `NODE_DEBUG=rsprof` lines and the `rsprof:capture` channel.
 *
 * @module
 */

const diagnosticsChannel = require('node:diagnostics_channel');
const { debuglog } = require('node:util');

/** Writes a line to standard error where NODE_DEBUG names `rsprof`; else free. */
const log = debuglog('rsprof');

const captures = diagnosticsChannel.channel('rsprof:capture');

/**
 * Tells the subscribers of `rsprof:capture` (and the debug log) about a capture.
 *
 * @param {'start'|'end'|'error'} phase
 * @param {object} message `kind`, `id` and what the phase knows: `path`, `result`, `error`
 */
function publish(phase, message) {
  const { kind, id } = message;
  log('%s #%d: %s %s', kind, id, phase, message.error?.message ?? message.path ?? '');
  if (captures.hasSubscribers) captures.publish({ phase, ...message });
}

module.exports = { log, publish };
