'use strict';

/**
 * The actions `cpuProfile` and `heapProfile`: the call of that name, for some seconds.
 *
 * @module
 */

const { invalidArgument } = require('../../errors.js');
const { captureOptions, captureRows } = require('./fields.js');
const { checkFits } = require('./fits.js');
const { reasonOf } = require('./values.js');

/** Until the file is written, beyond the seconds of the recording. */
const WRITE_SECONDS = 60;

/** Fields of the result that a template may name. */
const OUTPUTS = Object.freeze([
  'kind',
  'path',
  'sidecar',
  'bytes',
  'rawBytes',
  'sha256',
  'nodeCount',
  'sampleCount',
  'totalBytes',
  'durationMs',
  'startedAt',
  'endedBy',
]);

/**
 * @param {object} how
 * @param {'cpuProfile'|'heapProfile'} how.call
 * @param {number} how.seconds by default
 * @param {() => Function} how.load gives the call
 * @param {object} [how.more] options that are not the user's
 * @returns {object} a type of action
 */
function profileAction({ call, seconds: usual, load, more }) {
  const rows = captureRows(call);
  rows.seconds = { ...rows.seconds, default: usual };
  return {
    type: call,
    rows,
    outputs: OUTPUTS,
    writes: true,
    read(fields, where) {
      const options = captureOptions(call, fields, where);
      const timeout = fields.timeout ?? options.seconds + WRITE_SECONDS;
      if (timeout > options.seconds) return { options, timeout };
      throw invalidArgument(
        `${where}.timeout must be longer than the ${options.seconds} seconds of the recording; got ${timeout}`,
      );
    },
    async run({ settings, context, signal }) {
      await checkFits(context, call);
      const options = { ...more, ...settings.options };
      const result = await load()({
        ...options,
        dir: context.dir,
        reason: reasonOf(context),
        signal,
      });
      return { kind: call, ...result };
    },
  };
}

module.exports = { profileAction };
