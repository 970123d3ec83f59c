'use strict';

/**
 * What is in a capture: analyses, and the questions that the views of the page ask.
 *
 * @module
 */

const path = require('node:path');
const { RsprofError, invalidArgument } = require('../../errors.js');
const { json, jsonBytes, text } = require('../reply.js');
const { captureOf } = require('./captures.js');
const { begin } = require('./operations.js');

/** Asks the explorer about a capture, for as long as the client waits, and passes its answer on unread. */
async function ask(call, question, given = {}) {
  const capture = await captureOf(call);
  const { explorer } = call.parts;
  const answer = await explorer.askForJson(capture.path, question, given, { signal: call.signal });
  jsonBytes(call, answer);
}

async function analyze(call) {
  const { id } = call.parameters;
  await captureOf(call);
  return begin(call, call.parts.analysisRate, 'analysis', { capture: id });
}

async function analysis(call) {
  json(call, 200, await reportOf(call));
}

/** Where files lie is nobody's business out there. */
const byName = (file) => ({ ...file, path: path.basename(file.path) });

async function reportOf(call) {
  await captureOf(call);
  const report = await call.parts.operations.analysis(call.parameters.id);
  return { ...report, file: byName(report.file) };
}

async function fragment(call) {
  const report = await reportOf(call);
  const html = await call.parts.fragment.reportFragment(report, { lang: call.query.lang });
  text(call, 200, html, 'text/html; charset=utf-8');
}

const flame = (call) => ask(call, 'flame');

async function inspect(call) {
  const { parameters, query } = call;
  await ask(call, 'inspect', { id: objectId(parameters.object), ...query });
}

async function objects(call) {
  if (call.query.class === undefined) throw invalidArgument("the parameter 'class' is needed");
  await ask(call, 'objects', call.query);
}

const classes = (call) => ask(call, 'classes', call.query);

const dominators = (call) => ask(call, 'dominators', call.query);

function objectId(text) {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RsprofError('ERR_RSPROF_NOT_FOUND', 'not found');
}

async function compare(call) {
  const { before, after } = call.query;
  if (before === undefined || after === undefined)
    throw invalidArgument("the parameters 'before' and 'after' are needed: ids of captures");
  await captureOf(call, before);
  await captureOf(call, after);
  return begin(call, call.parts.analysisRate, 'comparison', { before, after });
}

async function comparison(call) {
  const report = await call.parts.operations.comparison(call.parameters.id);
  json(call, 200, { ...report, files: report.files.map(byName) });
}

module.exports = {
  analysis,
  analyze,
  classes,
  compare,
  comparison,
  dominators,
  flame,
  fragment,
  inspect,
  objects,
};
