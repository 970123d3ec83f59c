'use strict';

/**
 * What to grant so that a capture works, in words.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');

/** Which flag to start with: Node 24 and up have one for the inspector. */
function inspectorGrant() {
  return process.allowedNodeEnvironmentFlags.has('--allow-inspector')
    ? 'start node with --allow-inspector, or with --allow-addons for the native back end'
    : `start node with --allow-addons for the native back end (Node ${process.versions.node} has no flag that allows the inspector)`;
}

/**
 * @param {string} what such as `a CPU profile`
 * @param {import('./session.js').SessionDenied} denied why the inspector cannot serve
 * @param {string} instead what could have served instead, such as `v8.startCpuProfile()`
 * @returns {RsprofError} `ERR_RSPROF_UNAVAILABLE`
 */
function unavailable(what, denied, instead) {
  const why = `${denied.message}, and Node ${process.versions.node} has no ${instead}`;
  const help = denied.byPermission
    ? `${inspectorGrant()}, and --allow-fs-write=DIR for the files`
    : 'use a Node with the inspector, or the native back end';
  return new RsprofError(
    'ERR_RSPROF_UNAVAILABLE',
    `rsprof cannot record ${what}: ${why}; ${help}`,
    {
      cause: denied,
    },
  );
}

/**
 * @param {string} what cannot be done, as a clause
 * @param {string} advice what can
 * @returns {RsprofError} `ERR_RSPROF_UNSUPPORTED`
 */
function unsupported(what, advice) {
  return new RsprofError('ERR_RSPROF_UNSUPPORTED', `rsprof cannot ${what}; ${advice}`);
}

module.exports = { inspectorGrant, unavailable, unsupported };
