'use strict';

/**
 * Which HTTP status an error code is. The one place.
 *
 * @module
 */

const STATUS = Object.freeze({
  ERR_RSPROF_INVALID_ARG: 400,
  ERR_RSPROF_UNAUTHORIZED: 401,
  ERR_RSPROF_FORBIDDEN: 403,
  ERR_RSPROF_NOT_FOUND: 404,
  ERR_RSPROF_METHOD: 405,
  ERR_RSPROF_NOT_ACCEPTABLE: 406,
  ERR_RSPROF_BUSY: 409,
  ERR_RSPROF_NOT_OPEN: 409,
  ERR_RSPROF_BUDGET: 409,
  ERR_RSPROF_ABORTED: 409,
  ERR_RSPROF_EXISTS: 409,
  ERR_RSPROF_TOO_LARGE: 413,
  ERR_RSPROF_INVALID_SNAPSHOT: 422,
  ERR_RSPROF_INVALID_PROFILE: 422,
  ERR_RSPROF_INVALID_BLACKBOX: 422,
  ERR_RSPROF_RATE: 429,
  ERR_RSPROF_UNSUPPORTED: 501,
  ERR_RSPROF_UNAVAILABLE: 503,
  ERR_RSPROF_EXITING: 503,
  ERR_RSPROF_DISK_FULL: 507,
});

/**
 * @param {string|undefined} code `ERR_RSPROF_*`
 * @returns {number} 500 for what is not the caller's doing
 */
function statusOf(code) {
  return STATUS[code] ?? 500;
}

module.exports = { STATUS, statusOf };
