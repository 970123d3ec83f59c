'use strict';

/**
 * Where a webhook goes, and what of that nobody may see: of the address everything but its origin (the
 * paths of chat services are keys), credentials, header values. They leave this object in requests only.
 *
 * @module
 */

const { invalidArgument } = require('../../errors.js');
const version = require('../../version.js');

const HIDDEN = '***';

/** A part of an address as short as this is no secret, and could be anywhere in a text. */
const SHORTEST_SECRET = 4;

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Longest first: a secret may be a part of another. */
function secretsOf({ url, headers, token }) {
  const { pathname, search, hash, username, password, searchParams } = url;
  const inUrl = [pathname, search.slice(1), hash.slice(1), username, password];
  const values = [token, ...Object.values(headers), ...inUrl, ...searchParams.values()];
  values.push(
    ...pathname.split('/'),
    ...Object.values(headers).map((text) => text.split(' ').at(-1)),
  );
  const texts = values.filter((text) => typeof text === 'string');
  const all = new Set([...texts, ...texts.map(decoded)]);
  return [...all]
    .filter((text) => text.length >= SHORTEST_SECRET)
    .sort((one, other) => other.length - one.length);
}

/** Two ways to say who one is are one too many. */
function checkWays({ url, headers, token }, where) {
  const inHeaders = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const inUrl = url.username !== '' || url.password !== '';
  if ([token !== undefined, inHeaders, inUrl].filter(Boolean).length < 2) return;
  throw invalidArgument(
    `${where} takes one of token, a name and password in url, and an Authorization header`,
  );
}

class WebhookTarget {
  #url;
  #headers;
  #secrets;

  /**
   * @param {{ url: URL, headers: object, token: string|undefined }} parts
   * @param {string} where the action stands, for messages
   * @throws {RsprofError} INVALID_ARG
   */
  constructor(parts, where) {
    checkWays(parts, where);
    const { url, headers, token } = parts;
    this.#url = url;
    this.#headers = { 'User-Agent': `rsprof/${version}`, ...headers };
    if (token !== undefined) this.#headers.Authorization = `Bearer ${token}`;
    this.#secrets = secretsOf(parts);
    /** As it may be shown. */
    this.address = url.origin;
  }

  /** `text` without any secret in it. */
  redact(text) {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  }

  /**
   * @param {{ text: string, type: string }} body and its content type
   * @returns {{ url: URL, headers: object, parts: Buffer[] }} for lib/continuous-post.js
   */
  request({ text, type }) {
    return {
      url: this.#url,
      headers: { ...this.#headers, 'Content-Type': type },
      parts: [Buffer.from(text)],
    };
  }
}

module.exports = { WebhookTarget };
