'use strict';

/**
 * The action `report`: Node's diagnostic report as a file, without secrets.
 *
 * @module
 */

const { defaultName } = require('../../naming.js');
const { checkFits } = require('./fits.js');
const { reasonOf, valuesOf } = require('./values.js');
const { countWorkers } = require('./worker-census.js');

const TIMEOUT_SECONDS = 60;

/** Characters of the user's part of the name. */
const MAX_NAME = 100;

/** What stands in a file name as it is; all else becomes `_`. */
const UNFIT = /[^A-Za-z0-9._-]+/g;

/** The usual name with the user's part before its extension: no text in it leaves the folder. */
function fileName(template, lookUp) {
  const name = defaultName('report', 'none');
  const part = template?.render(lookUp).replace(UNFIT, '_').slice(0, MAX_NAME);
  return part ? name.replace('.report.json', `.${part}.report.json`) : name;
}

async function run({ settings, context, signal, ...rest }) {
  await checkFits(context, 'report');
  const { takeReport } = require('../../report-file.js');
  const name = fileName(settings.name, valuesOf({ context, ...rest }));
  const { dir } = context;
  const reason = reasonOf(context);
  const result = await takeReport({ dir, name, network: settings.network, reason, signal });
  return { kind: 'report', ...result };
}

function read({ name, network, timeout = TIMEOUT_SECONDS }) {
  countWorkers();
  return { name, network, timeout };
}

module.exports = {
  type: 'report',
  rows: { name: { type: 'template' }, network: { type: 'boolean', default: false } },
  outputs: ['kind', 'path', 'sidecar', 'bytes', 'pauseMs', 'durationMs', 'startedAt'],
  writes: true,
  templates: ({ name }) => [['name', name]],
  read,
  run,
};
