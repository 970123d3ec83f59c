'use strict';

/**
 * What rsprof says about itself: `NODE_DEBUG=rsprof` lines, and the channels `rsprof:capture`,
 * `rsprof:continuous` and `rsprof:watch`.
 *
 * @module
 */

const diagnosticsChannel = require('node:diagnostics_channel');
const { debuglog } = require('node:util');

/** Writes a line to standard error where NODE_DEBUG names `rsprof`; else free. */
const log = debuglog('rsprof');

const captures = diagnosticsChannel.channel('rsprof:capture');
const continuous = diagnosticsChannel.channel('rsprof:continuous');
const watch = diagnosticsChannel.channel('rsprof:watch');

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

/**
 * Tells the subscribers of `rsprof:continuous` (and the debug log) about continuous profiling.
 *
 * @param {'start'|'window'|'push'|'retry'|'drop'|'error'|'end'} phase
 * @param {object} message `id` and what the phase knows: `window`, `error`, `stats`
 */
function publishContinuous(phase, message) {
  const { id, window } = message;
  log('continuous #%d: %s %s', id, phase, message.error?.message ?? window?.kind ?? '');
  if (continuous.hasSubscribers) continuous.publish({ phase, ...message });
}

/**
 * Tells the subscribers of `rsprof:watch` (and the debug log) about a watcher.
 *
 * @param {'start'|'fire'|'skip'|'action'|'done'|'stuck'|'crash'|'failure'|'stop'} event
 * @param {object} message see `Watcher` in index.d.ts
 */
function publishWatch(event, message) {
  log('watch: %s %s %s', event, message.rule ?? '', message.error?.message ?? message.reason ?? '');
  if (watch.hasSubscribers) watch.publish({ event, ...message });
}

module.exports = { log, publish, publishContinuous, publishWatch };
