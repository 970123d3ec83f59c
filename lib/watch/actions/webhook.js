'use strict';

/**
 * The action `webhook`: one POST, tried again while the receiver has trouble. It keeps no process alive,
 * follows no redirect, and reads no long answer.
 *
 * @module
 */

const { setTimeout: delay } = require('node:timers/promises');
const { post } = require('../../continuous-post.js');
const { RsprofError } = require('../../errors.js');
const { visible } = require('../../visible.js');
const { templatesIn } = require('./template.js');
const { FORMATS, messageOf } = require('./webhook-message.js');
const { WebhookTarget } = require('./webhook-target.js');

const TIMEOUT_SECONDS = 60;

/** Of an answer that is read. */
const MAX_ANSWER = 65_536;

/** Of an answer that is shown. */
const SHOWN = 200;

/** No receiver is waited for longer because it asks to. */
const MAX_WAIT_MS = 30_000;

/** Answers after which the same request may well be taken. */
const isPassing = (status) => status === 408 || status === 429 || status >= 500;

const isGood = (status) => status >= 200 && status < 300;

function advice(status) {
  if (status >= 300 && status < 400)
    return '; redirects are not followed: give the final address as url';
  if (status === 401 || status === 403) return '; check token, headers and url';
  return '';
}

/** Whether DingTalk took it: that stands in the answer, the status is 200 in any case. */
function refusal(text) {
  try {
    const { errcode } = JSON.parse(text);
    return errcode !== undefined && errcode !== 0;
  } catch {
    return false;
  }
}

/** What became of a try: `{ isDone, status }`, or why it failed and whether it may pass. */
function judge({ status, text, retryAfterMs }, { format, target }) {
  const refused = format === 'dingtalk' && isGood(status) && refusal(text);
  if (isGood(status) && !refused) return { isDone: true, status };
  // Redacted before it is cut: a half of a secret would not be found.
  const shown = visible(target.redact(text).replace(/\s+/g, ' ').trim()).slice(0, SHOWN);
  const why = `it answers ${status}${shown ? `: ${shown}` : ''}${advice(status)}`;
  return { isDone: false, why, isPassing: isPassing(status), retryAfterMs };
}

async function tryOnce(message, settings, signal) {
  const { target, answerTimeout } = settings;
  try {
    const answer = await post({
      ...target.request(message),
      agent: false,
      timeoutMs: answerTimeout * 1000,
      maxAnswer: MAX_ANSWER,
      signal,
    });
    return judge(answer, settings);
  } catch (error) {
    return { isDone: false, why: target.redact(visible(error.message)), isPassing: true };
  }
}

/** Without a cause: that of a network error may hold parts of the request. */
function failure({ target }, tries, why) {
  const times = tries === 1 ? '' : ` (${tries} tries)`;
  const message = `rsprof cannot send the webhook to ${target.address}${times}: ${why}`;
  return new RsprofError('ERR_RSPROF_PUSH', message);
}

/** Doubles with each try, half of it by chance: a fleet must not come back in step. */
function waitMs({ retryDelay }, tries, { retryAfterMs = 0 }) {
  const longest = retryDelay * 1000 * 2 ** Math.min(tries - 1, 20);
  const wanted = Math.max(longest * (0.5 + Math.random() / 2), retryAfterMs);
  return Math.min(MAX_WAIT_MS, wanted);
}

/** Until `signal` aborts at the latest. */
async function pause(ms, signal) {
  await delay(ms, undefined, { signal, ref: false }).catch(() => {});
}

async function run({ settings, signal, ...state }) {
  const message = messageOf(settings, state);
  for (let tries = 1; ; tries++) {
    const end = await tryOnce(message, settings, signal);
    if (end.isDone) return { status: end.status, tries, address: settings.target.address };
    const isLast = !end.isPassing || tries > settings.retries;
    if (!isLast && !signal.aborted) await pause(waitMs(settings, tries, end), signal);
    if (isLast || signal.aborted) throw failure(settings, tries, end.why);
  }
}

const seconds = (min, max, value) => ({
  type: 'number',
  min,
  max,
  unit: 'seconds',
  default: value,
});

function read(fields, where) {
  const { url, headers, token, timeout = TIMEOUT_SECONDS } = fields;
  const { format, text, body, retries, retryDelay, answerTimeout } = fields;
  const target = new WebhookTarget({ url, headers, token }, where);
  return { target, format, text, body, retries, retryDelay, answerTimeout, timeout };
}

module.exports = {
  type: 'webhook',
  rows: {
    url: { type: 'httpUrl', needed: true, secret: true },
    headers: { type: 'headers', secret: true, default: {} },
    token: { type: 'headerText', secret: true },
    format: { type: 'choice', values: Object.keys(FORMATS), default: 'json' },
    text: { type: 'template' },
    body: { type: 'body' },
    answerTimeout: seconds(0.01, 300, 10),
    retries: { type: 'integer', min: 0, max: 10, default: 3 },
    retryDelay: seconds(0.01, 30, 1),
  },
  outputs: ['status', 'tries', 'address'],
  templates: ({ text, body }) => [
    ...(text ? [['text', text]] : []),
    ...templatesIn(body).map((template) => ['body', template]),
  ],
  read,
  run,
};
