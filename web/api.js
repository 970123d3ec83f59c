'use strict';

/**
 * The requests of the page, all of them relative to where it is mounted.
 *
 * @module
 */

const ENDED = new Set(['done', 'failed', 'cancelled']);
const POLL_MS = 500;

/** What the server answered instead; `status` 0: it did not answer. */
class ApiError extends Error {
  constructor(status, code, message, retryAfter) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    /** Seconds, where the server said so. */
    this.retryAfter = retryAfter;
  }
}

async function failure(response) {
  const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  // A proxy answers with a page of its own.
  const error = await response.json().then(
    (body) => body.error,
    () => undefined,
  );
  const { code = `HTTP_${response.status}`, message = response.statusText } = error ?? {};
  return new ApiError(response.status, code, message, retryAfter);
}

/** Nothing is a body, too: of what was removed. */
const asJson = async (response) => JSON.parse((await response.text()) || 'null');

/** @returns {Promise<void>} after so long, or when the signal says so */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
  });
}

/**
 * @param {object} [host] what the page runs on
 * @param {Location|{ origin: string, pathname: string }} [host.location]
 * @param {typeof fetch} [host.fetch]
 * @param {typeof EventSource} [host.EventSource]
 */
function makeApi(host = globalThis) {
  // Not the document's address: a password in it would make fetch refuse.
  const base = host.location.origin + host.location.pathname;

  const url = (path) => new URL(path, base).href;

  async function request(method, path, signal, read = asJson) {
    const options = { method, signal, credentials: 'same-origin', headers: { 'X-Rsprof': '1' } };
    try {
      const response = await host.fetch(url(path), options);
      if (!response.ok) throw await failure(response);
      return await read(response);
    } catch (error) {
      // The network says TypeError for whatever it is.
      if (error.name !== 'TypeError') throw error;
      throw new ApiError(0, 'NOT_REACHABLE', error.message);
    }
  }

  /**
   * @param {string} path
   * @param {Record<string, (data: any) => void>} handlers by event; `open` and `error` are of the connection
   * @returns {() => void} closes it
   */
  function events(path, { open, error, ...handlers }) {
    const source = new host.EventSource(url(path));
    if (open) source.addEventListener('open', open);
    // An event of that name may be the server's.
    if (error)
      source.addEventListener('error', (event) => event.data === undefined && error(event));
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, ({ data }) => handle(JSON.parse(data)));
    }
    return () => source.close();
  }

  /**
   * Follows an operation to its end.
   *
   * @param {string} id
   * @param {(operation: object) => void} [onChange]
   * @param {AbortSignal} [signal] ends the following, not the operation
   * @returns {Promise<object>} the operation when it has ended
   * @throws {ApiError}
   */
  async function operation(id, onChange = () => {}, signal = undefined) {
    for (;;) {
      signal?.throwIfAborted();
      const found = await request('GET', `operations/${id}`, signal);
      onChange(found);
      if (ENDED.has(found.state)) return found;
      await pause(POLL_MS, signal);
    }
  }

  return {
    url,
    events,
    operation,
    get: (path, signal) => request('GET', path, signal),
    text: (path, signal) => request('GET', path, signal, (response) => response.text()),
    post: (path, signal) => request('POST', path, signal),
    remove: (path, signal) => request('DELETE', path, signal),
  };
}

module.exports = { ApiError, ENDED, makeApi };
