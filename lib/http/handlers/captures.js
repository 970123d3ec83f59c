'use strict';

/**
 * The files: listed, given away, removed.
 *
 * @module
 */

const { empty, json, prepare } = require('../reply.js');

/** The capture that a request names; the audit has its id. */
async function captureOf(call, id = call.parameters.id) {
  const capture = await call.parts.captures.find(id);
  call.capture = id;
  return capture;
}

async function list(call) {
  const { captures } = call.parts;
  json(call, 200, await captures.overview());
}

async function get(call) {
  json(call, 200, await captureOf(call));
}

async function remove(call) {
  const { path } = await captureOf(call);
  call.parts.existing('explorer')?.forget(path);
  await call.parts.captures.remove(call.parameters.id);
  empty(call, 204);
}

async function file(call) {
  const capture = await captureOf(call);
  prepare(call);
  await call.parts.download.sendFile(call, capture, { raw: call.query.raw });
}

async function exported(call) {
  const capture = await captureOf(call);
  const { signal, parameters, parts } = call;
  const explorer = parts.existing('explorer');
  // What is open already need not be read by this process.
  const exportTo = explorer?.isOpen(capture.path)
    ? (...how) => explorer.exportTo(...how)
    : undefined;
  prepare(call);
  await parts.exporting.sendExport(call, capture, parameters.format, { signal, exportTo });
}

module.exports = { captureOf, exported, file, get, list, remove };
