'use strict';

/**
 * What runs: begun, followed, stopped, cancelled.
 *
 * @module
 */

const { RsprofError } = require('../../errors.js');
const { json } = require('../reply.js');
const { frame } = require('../server-sent-events.js');

/** Where the operation is, seen from the path of the request. */
function locationOf(call, id) {
  const depth = call.path.split('/').length - 2;
  return `${'../'.repeat(depth)}operations/${id}`;
}

/** Does something, if its rate has room: what could not start does not count. */
async function takeRate(rate, act) {
  if (!rate.take()) throw tooMany(rate.wait);
  try {
    return await act();
  } catch (error) {
    rate.giveBack();
    throw error;
  }
}

/** Starts an operation and answers with it. */
async function begin(call, rate, kind, parameters) {
  const { operations } = call.parts;
  const operation = await takeRate(rate, () => operations.start(kind, parameters));
  json(call, 202, operation, { Location: locationOf(call, operation.id) });
}

function tooMany(wait) {
  const message = `that has been asked for too often (option 'rate'); try again in ${wait} s`;
  return Object.assign(new RsprofError('ERR_RSPROF_RATE', message), { retryAfter: wait });
}

function capture(call) {
  const kind = call.parts.kinds.kindOfRoute(call.parameters.kind);
  if (!kind) throw new RsprofError('ERR_RSPROF_NOT_FOUND', 'not found');
  return begin(call, call.parts.captureRate, kind, call.query);
}

async function list(call) {
  json(call, 200, { operations: await call.parts.operations.list() });
}

async function get(call) {
  json(call, 200, await call.parts.operations.get(call.parameters.id));
}

async function cancel(call) {
  json(call, 200, await call.parts.operations.cancel(call.parameters.id));
}

async function stop(call) {
  json(call, 200, await call.parts.operations.stop(call.parameters.id));
}

/** Tells how one operation goes, and ends with it. */
async function events(call) {
  const { operations, streams } = call.parts;
  const { id } = call.parameters;
  await operations.get(id);
  const stream = streams.open(call);
  const tell = (operation) => {
    if (operation.id !== id) return;
    stream.write(frame('operation', operation));
    if (operation.state !== 'running') stream.end();
  };
  operations.on('change', tell);
  stream.onClose(() => operations.removeListener('change', tell));
  if (call.isHead) stream.end();
  // Once more: it may have gone on before we listened.
  else tell(await operations.get(id));
}

module.exports = { begin, cancel, capture, events, get, list, stop, takeRate };
