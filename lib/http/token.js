'use strict';

/**
 * The token of a request, compared in constant time.
 *
 * @module
 */

const crypto = require('node:crypto');

/** Longer fields hold no token of ours. */
const MOST_CHARACTERS = 4096;

const digest = (text) => crypto.createHash('sha256').update(text).digest();

/** Basic authentication, so that browsers and `go tool pprof` can: the password counts, the user does not. */
function passwordOf(credentials) {
  const text = Buffer.from(credentials, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}

/**
 * @param {string|undefined} authorization the header field
 * @returns {{ scheme: 'bearer'|'basic', token: string }|undefined}
 */
function credentialsOf(authorization) {
  if (typeof authorization !== 'string' || authorization.length > MOST_CHARACTERS) return undefined;
  const [, word, rest] = /^(bearer|basic) +([^ ]+) *$/i.exec(authorization) ?? [];
  if (!word) return undefined;
  const scheme = word.toLowerCase();
  const token = scheme === 'bearer' ? rest : passwordOf(rest);
  return token ? { scheme, token } : undefined;
}

/** Knows the token by its digest. */
class TokenCheck {
  #expected;

  /** @param {string} token */
  constructor(token) {
    this.#expected = digest(token);
  }

  /** @param {string} token that somebody gave */
  accepts(token) {
    return crypto.timingSafeEqual(digest(token), this.#expected);
  }
}

module.exports = { TokenCheck, credentialsOf };
