'use strict';

/**
 * One POST over node:http or node:https: bounded in time and in what is read of the answer. Redirects are
 * an answer like any other.
 *
 * @module
 */

const http = require('node:http');
const https = require('node:https');

/** Of an answer only its first characters go into a message. */
const MAX_ANSWER = 1024;

/** A connection for the next window, as long as the server keeps it. */
function newAgent(protocol) {
  const { Agent } = protocol === 'https:' ? https : http;
  return new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
}

/** `Retry-After` in milliseconds: seconds or a date; undefined for none. */
function retryAfter(header, now = Date.now()) {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Reads the answer to its end, so that the connection can be used again; of one that exceeds `most` bytes
 * no more than that.
 */
function readAnswer(response, most, resolve, reject) {
  let text = '';
  let bytes = 0;
  const finish = () => {
    const { statusCode: status, headers } = response;
    resolve({ status, text, retryAfterMs: retryAfter(headers['retry-after']) });
  };
  response.setEncoding('utf8');
  response.on('data', (chunk) => {
    if (text.length < MAX_ANSWER) text += chunk.slice(0, MAX_ANSWER);
    bytes += chunk.length;
    if (bytes <= most) return;
    finish();
    response.destroy();
  });
  response.on('end', finish);
  response.on('error', reject);
  response.on('aborted', () => reject(new Error('the connection was lost during the answer')));
}

/** A hold-up ends with this, as a network error of its own. */
function timedOut(timeoutMs) {
  const message = `no answer within ${timeoutMs / 1000} s`;
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}

/** The server has closed a connection that was kept for the next window, just as it came. */
function isStale(sent, error) {
  return sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/**
 * Sends `parts` (their total length known) and gives the answer. Its socket keeps no process alive.
 *
 * @param {object} request
 * @param {URL} request.url
 * @param {object} request.headers
 * @param {Buffer[]} request.parts
 * @param {http.Agent|false} request.agent false: a connection for this request alone
 * @param {number} request.timeoutMs for all of it
 * @param {AbortSignal} request.signal ends it
 * @param {number} [request.maxAnswer] bytes of the answer after which the connection is closed
 * @returns {Promise<{ status: number, text: string, retryAfterMs: number|undefined }>}
 */
async function post(request) {
  try {
    return await attempt(request);
  } catch (error) {
    if (!stale.has(error)) throw error;
    return attempt(request);
  }
}

/** Errors of connections that were closed meanwhile. */
const stale = new WeakSet();

function attempt({ url, headers, parts, agent, timeoutMs, signal, maxAnswer = Infinity }) {
  const { request } = url.protocol === 'https:' ? https : http;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers: { ...headers, 'Content-Length': length } };
    const sent = request(url, options);
    const abort = () => sent.destroy(new Error('it was ended'));
    const timer = setTimeout(() => sent.destroy(timedOut(timeoutMs)), timeoutMs);
    timer.unref();
    signal.addEventListener('abort', abort, { once: true });
    sent.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      reject(new Error('the connection was closed'));
    });
    sent.on('socket', (socket) => socket.unref());
    sent.on('response', (response) => readAnswer(response, maxAnswer, resolve, reject));
    sent.on('error', (error) => {
      if (isStale(sent, error)) stale.add(error);
      reject(error);
    });
    for (const part of parts) sent.write(part);
    sent.end();
  });
}

module.exports = { newAgent, post, retryAfter };
