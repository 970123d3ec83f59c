'use strict';

/**
 * What each command does: the call, and the answer in the form that was asked for. Each loads what it
 * needs, no more: most of a short run is the time until Node.js has read its files.
 *
 * @module
 */

const { invalidArgument } = require('../errors.js');
const { size } = require('../units.js');
const { json, visible } = require('../escape.js');

/** Rows of a table that a person reads; pages and programs get the default of the call. */
const TOP = 10;

const jsonText = (value) => `${json(value, 2)}\n`;

/** @typedef {{ out(text: string): void, note(text: string): void, look: object, options: object }} Io */

/** The page goes to its file, so that what is left to say is short. */
async function writePage(report, { target, files }, io) {
  if (report.kind === 'heapSnapshot') {
    const { reportHtml } = require('./html/report.js');
    await target.write(reportHtml(report, io.look));
  } else {
    const { exportProfile } = require('../export-profile.js');
    await exportProfile(files[0], { format: 'html', out: target.path, overwrite: true });
  }
  return `${visible(report.verdict)}\n${visible(target.path)}\n`;
}

function markdownOf(report) {
  if (report.kind === 'heapSnapshot') return require('./markdown/report.js').reportMarkdown(report);
  return require('./markdown/profile.js').profileMarkdown(report);
}

function textOf(report, look) {
  if (report.kind === 'heapSnapshot') return require('./text/report.js').reportText(report, look);
  return require('./text/profile.js').profileText(report, look);
}

async function runAnalyze({ files, values }, io) {
  const { json: asJson, markdown, html, top } = values;
  const { analyze } = require('../analyze.js');
  const target =
    html && require('../whole-file.js').planFile(html, { overwrite: true, inputs: files });
  const rows = top ?? (asJson || html ? undefined : TOP);
  const report = await analyze(files[0], { ...io.options, top: rows });
  const short = target && (await writePage(report, { target, files }, io));
  if (asJson) io.out(jsonText(report));
  else if (markdown) io.out(markdownOf(report));
  else io.out(short ?? textOf(report, io.look));
  return 0;
}

function judge({ growth }, limit, io) {
  if (limit === undefined || growth.totalSize <= limit) return 0;
  io.note(
    `the heap grew by ${size(growth.totalSize)}, more than the ${size(limit)} of --fail-on-growth`,
  );
  return 1;
}

function notOfHeaps() {
  return invalidArgument('--fail-on-growth is about heap snapshots; these files are profiles');
}

async function runDiff({ files, values }, io) {
  const { diff } = require('../diff.js');
  const { json: asJson, markdown, top, failOnGrowth } = values;
  const rows = top ?? (asJson ? undefined : TOP);
  const found = await diff(...files, { ...io.options, top: rows });
  const isOfHeaps = found.kind === 'heapDiff';
  if (!isOfHeaps && failOnGrowth !== undefined) throw notOfHeaps();
  if (asJson) io.out(jsonText(found));
  else if (!isOfHeaps) io.out(profileDiffOf(found, markdown, io.look));
  else if (markdown) io.out(require('./markdown/diff.js').diffMarkdown(found));
  else io.out(require('./text/diff.js').diffText(found, io.look));
  return isOfHeaps ? judge(found, failOnGrowth, io) : 0;
}

function profileDiffOf(found, asMarkdown, look) {
  if (asMarkdown) return require('./markdown/profile.js').profileDiffMarkdown(found);
  return require('./text/profile-diff.js').profileDiffText(found, look);
}

async function runInspect({ files, id, values }, io) {
  const { inspect } = require('../inspect.js');
  const found = await inspect(files[0], id, { ...io.options, limit: values.limit });
  if (values.json) io.out(jsonText(found));
  else io.out(require('./text/inspection.js').inspectionText(found, io.look));
  return 0;
}

async function runSignature({ files, values }, io) {
  const { signature } = require('../signature.js');
  const { out } = values;
  const made = await signature(files[0], { ...io.options, out, overwrite: true });
  if (made.path === null) io.out(`${json(made.signature)}\n`);
  else io.out(`${visible(made.path)} (${size(made.bytes)})\n`);
  return 0;
}

async function runExport({ files, values }, io) {
  const { exportProfile } = require('../export-profile.js');
  const { format, out } = values;
  const made = await exportProfile(files[0], { ...io.options, format, out, overwrite: true });
  io.out(`${visible(made.path)} (${size(made.bytes)})\n`);
  return 0;
}

async function runRules({ files, values }, io) {
  const { checkRules, rulesAsJson } = require('./rules.js');
  const checked = await checkRules(files[0], values.history);
  if (values.json) io.out(jsonText(rulesAsJson(checked)));
  else io.out(require('./text/rules.js').rulesText(checked, io.look));
  return checked.problems.length === 0 ? 0 : 1;
}

async function runBlackbox({ files, values }, io) {
  const { openFileOrFolder } = require('../watch/blackbox/choice.js');
  const chosen = await openFileOrFolder(files[0]);
  const { json: asJson, minutes } = values;
  if (asJson) io.out(jsonText(require('./blackbox-json.js').blackboxJson(chosen, minutes)));
  else io.out(require('./text/blackbox.js').blackboxText(chosen, minutes, io.look));
  return 0;
}

async function runMigrate({ files: names, values }, io) {
  const { planMigration } = require('../compat/migrate.js');
  const { 'dry-run': isDry = false, undo = false, force = false } = values;
  const plan = planMigration({ folder: process.cwd(), names, undo, force });
  if (!isDry) await plan.write();
  io.out(require('./text/migration.js').migrationText(plan, { isDry, undo }));
  return 0;
}

/** Each takes what was asked for and an {@link Io}, and resolves with the exit code. */
module.exports = {
  analyze: runAnalyze,
  diff: runDiff,
  inspect: runInspect,
  signature: runSignature,
  export: runExport,
  rules: runRules,
  blackbox: runBlackbox,
  migrate: runMigrate,
};
