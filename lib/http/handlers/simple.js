'use strict';

/**
 * The simple form: one GET that answers with the profile when it is done. An option, since a GET acts here.
 *
 * @module
 */

const { prepare } = require('../reply.js');
const { takeRate } = require('./operations.js');

/**
 * @param {string} name of the form: see lib/http/simple.js
 * @returns {(call: import('../call.js').Call) => Promise<void>}
 */
function take(name) {
  return async (call) => {
    const { captures, captureRate, operations, simple } = call.parts;
    const parts = { operations, captures };
    const answer = () => {
      prepare(call);
      return simple.answerWithCapture(call, parts, name, call.query);
    };
    const sent = await takeRate(captureRate, answer);
    call.capture = sent?.capture ?? null;
  };
}

module.exports = { take };
