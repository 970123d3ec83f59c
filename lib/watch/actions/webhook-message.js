'use strict';

/**
 * What a webhook says: JSON for a program, or a text in the form of a chat service. Paths of files, never
 * what is in them.
 *
 * @module
 */

const os = require('node:os');
const { threadId } = require('node:worker_threads');
const { RsprofError } = require('../../errors.js');
const version = require('../../version.js');
const { renderBody } = require('./template.js');
const { MAX_FILES, clip, verdictOf, valuesOf } = require('./values.js');

/** A request is no larger. */
const MAX_BODY = 262_144;

/** Of the text in a chat. */
const MAX_TEXT = 8000;

/** A line each for what there is. */
const LINES = Object.freeze(['verdict', 'files', 'errors']);

/** In Slack's markup a name could be a link, or call the whole channel. */
const SLACK = Object.freeze({ '&': '&amp;', '<': '&lt;', '>': '&gt;' });

const escapeSlack = (text) => text.replace(/[&<>]/g, (character) => SLACK[character]);

const plain = (text) => text;

/** The text that the user has not written. */
function usualText(lookUp) {
  const [rule, host, pid, reason] = ['rule.name', 'host', 'pid', 'reason'].map(lookUp);
  const first = `${rule} on ${host} (pid ${pid}): ${reason}`;
  return [first, ...LINES.map(lookUp)].filter((line) => line !== '').join('\n');
}

/** What stands for an output: no report, no figures. */
function brief(output) {
  const { kind, path, verdict, insteadOf, because } = output ?? {};
  const told = { kind, path, verdict, insteadOf, because };
  const isTold = ([, value]) => typeof value === 'string';
  return Object.fromEntries(
    Object.entries(told)
      .filter(isTold)
      .map(([name, value]) => [name, clip(value)]),
  );
}

function briefs(outputs) {
  return Object.fromEntries(Object.entries(outputs).map(([id, output]) => [id, brief(output)]));
}

function briefError({ action, error }) {
  return { action: action.id, code: error.code ?? null, message: clip(error.message) };
}

/** For a program: fields stay what they are, others may come. */
function payload(run, text) {
  const { context, files, errors } = run;
  const { rule, reason, firedAt, readings, outputs } = context;
  return {
    source: 'rsprof',
    version,
    rule: { name: rule.name, when: rule.when ?? null },
    reason: clip(reason),
    firedAt,
    verdict: verdictOf(context),
    text,
    files: files.slice(0, MAX_FILES),
    host: os.hostname(),
    pid: process.pid,
    threadId,
    readings: readings ?? {},
    outputs: briefs(outputs),
    errors: errors.map(briefError),
  };
}

/** Format -> what is sent for a text. */
const FORMATS = Object.freeze({
  json: (text, run) => payload(run, text),
  slack: (text) => ({ text }),
  dingtalk: (text) => ({ msgtype: 'text', text: { content: text } }),
  text: (text) => text,
});

function encode(body) {
  if (typeof body === 'string') return { text: body, type: 'text/plain; charset=utf-8' };
  return { text: JSON.stringify(body), type: 'application/json; charset=utf-8' };
}

/**
 * @param {object} settings of the action
 * @param {{ context: object, files: string[], errors: object[] }} run
 * @returns {{ text: string, type: string }} the body and its content type
 * @throws {RsprofError} INVALID_ARG for one that is too long
 */
function messageOf({ format, text, body }, run) {
  const quote = format === 'slack' ? escapeSlack : plain;
  const values = valuesOf(run);
  const lookUp = (name) => quote(values(name));
  const words = () => clip(text ? text.render(lookUp) : usualText(lookUp), MAX_TEXT);
  const message = encode(body ? renderBody(body, lookUp) : FORMATS[format](words(), run));
  if (Buffer.byteLength(message.text) <= MAX_BODY) return message;
  const limit = `a message of more than ${MAX_BODY} bytes is not sent; make text or body shorter`;
  throw new RsprofError('ERR_RSPROF_INVALID_ARG', limit);
}

module.exports = { FORMATS, messageOf };
