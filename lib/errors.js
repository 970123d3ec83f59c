'use strict';

/**
 * The one error class of rsprof, and the map from system errors to its codes.
 *
 * Every message says what failed, on what, and what to do about it.
 *
 * @module
 */

/** Every code an {@link RsprofError} can carry. */
const CODES = Object.freeze([
  'ERR_RSPROF_INVALID_ARG',
  'ERR_RSPROF_BUSY',
  'ERR_RSPROF_ABORTED',
  'ERR_RSPROF_DISK_FULL',
  'ERR_RSPROF_ACCESS',
  'ERR_RSPROF_EXISTS',
  'ERR_RSPROF_IS_DIRECTORY',
  'ERR_RSPROF_NOT_FOUND',
  'ERR_RSPROF_IO',
  'ERR_RSPROF_UNSUPPORTED',
  'ERR_RSPROF_UNAVAILABLE',
  'ERR_RSPROF_INVALID_SNAPSHOT',
  'ERR_RSPROF_INVALID_PROFILE',
  'ERR_RSPROF_INVALID_BLACKBOX',
  'ERR_RSPROF_FORK',
  'ERR_RSPROF_BUDGET',
  'ERR_RSPROF_PUSH',
  'ERR_RSPROF_CALL',
  'ERR_RSPROF_UNAUTHORIZED',
  'ERR_RSPROF_FORBIDDEN',
  'ERR_RSPROF_METHOD',
  'ERR_RSPROF_TOO_LARGE',
  'ERR_RSPROF_RATE',
  'ERR_RSPROF_NOT_ACCEPTABLE',
  'ERR_RSPROF_NOT_OPEN',
  'ERR_RSPROF_EXITING',
  'ERR_RSPROF_INTERNAL',
]);

/** System error code -> [rsprof code, what it means, what to do]. */
const SYSTEM_ERRORS = Object.freeze({
  ENOSPC: ['ERR_RSPROF_DISK_FULL', 'the disk is full', 'free space or choose another dir'],
  EDQUOT: ['ERR_RSPROF_DISK_FULL', 'the disk quota is used up', 'free space or choose another dir'],
  EFBIG: [
    'ERR_RSPROF_DISK_FULL',
    'the file would exceed the size limit',
    'raise the limit (ulimit -f) or choose another dir',
  ],
  EACCES: [
    'ERR_RSPROF_ACCESS',
    'permission denied',
    'grant this user write access or choose another dir',
  ],
  EPERM: [
    'ERR_RSPROF_ACCESS',
    'operation not permitted',
    'grant this user write access or choose another dir',
  ],
  EROFS: ['ERR_RSPROF_ACCESS', 'the file system is read-only', 'choose another dir'],
  ERR_ACCESS_DENIED: [
    'ERR_RSPROF_ACCESS',
    "Node's permission model denies it",
    'start node with --allow-fs-write (and --allow-fs-read) for the dir of the captures',
  ],
  EEXIST: ['ERR_RSPROF_EXISTS', 'it exists already', 'choose another path or pass overwrite: true'],
  EISDIR: [
    'ERR_RSPROF_IS_DIRECTORY',
    'it is a folder',
    'pass it as dir, or give the path of a file',
  ],
  ENOENT: [
    'ERR_RSPROF_NOT_FOUND',
    'no such file or folder',
    'create the folder first, or pass it as dir',
  ],
  ENOTDIR: [
    'ERR_RSPROF_NOT_FOUND',
    'a part of the path is not a folder',
    'give a path whose parent is a folder',
  ],
});

/**
 * What every failing call of rsprof throws or rejects with.
 *
 * `code` is stable across versions (`ERR_RSPROF_*`), the text of `message` is not.
 */
class RsprofError extends Error {
  /**
   * @param {string} code one of {@link CODES}
   * @param {string} message what failed, on what, what to do
   * @param {{ cause?: unknown }} [options] `cause`: the error (or abort reason) behind this one
   */
  constructor(code, message, options = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
  }
}

// On the prototype and before the first instance, so that stacks begin with it.
Object.defineProperty(RsprofError.prototype, 'name', {
  value: 'RsprofError',
  writable: true,
  configurable: true,
});

/**
 * The rsprof code that stands for a system error code.
 *
 * @param {string|undefined} systemCode such as `ENOSPC` or `ERR_ACCESS_DENIED`
 * @returns {string} `ERR_RSPROF_IO` for what has no code of its own
 */
function codeFromSystem(systemCode) {
  return SYSTEM_ERRORS[systemCode]?.[0] ?? 'ERR_RSPROF_IO';
}

/**
 * Turns an error of `node:fs` (or any error with a system `code`) into an RsprofError.
 *
 * @param {unknown} error what was caught; an RsprofError is returned as it is
 * @param {string} action the verb phrase after "cannot", such as `create the file`
 * @param {string} path what it was done to
 * @returns {RsprofError} with `error` as its cause
 */
function fromSystemError(error, action, path) {
  if (error instanceof RsprofError) return error;
  const known = SYSTEM_ERRORS[error?.code];
  const what = `rsprof cannot ${action} ${path}`;
  const message = known
    ? `${what}: ${known[1]} (${error.code}); ${known[2]}`
    : `${what}: ${error?.message ?? String(error)}`;
  return new RsprofError(codeFromSystem(error?.code), message, { cause: error });
}

/**
 * @param {string} message names the option and says what is allowed
 * @returns {RsprofError} with code `ERR_RSPROF_INVALID_ARG`
 */
function invalidArgument(message) {
  return new RsprofError('ERR_RSPROF_INVALID_ARG', message);
}

/**
 * Makes an RsprofError of anything, so that callers only ever see one class.
 *
 * @param {unknown} error an RsprofError is returned as it is
 * @param {string} action what rsprof was doing, such as `take the heap snapshot`
 * @returns {RsprofError} known codes are kept, all else is `ERR_RSPROF_INTERNAL`
 */
function toRsprofError(error, action) {
  if (error instanceof RsprofError) return error;
  const code = CODES.includes(error?.code) ? error.code : undefined;
  if (code) return new RsprofError(code, error.message, { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  return new RsprofError(
    'ERR_RSPROF_INTERNAL',
    `rsprof cannot ${action}: ${text}; please report this`,
    {
      cause: error,
    },
  );
}

/** The innermost cause: generated loaders wrap what really happened. */
function rootCause(error) {
  let root = error;
  while (root?.cause instanceof Error) root = root.cause;
  return root;
}

module.exports = {
  CODES,
  RsprofError,
  codeFromSystem,
  fromSystemError,
  invalidArgument,
  rootCause,
  toRsprofError,
};
