'use strict';

/**
 * A capture that the engine has read and keeps: a heap snapshot, or a profile. In the process of the
 * explorer only.
 *
 * @module
 */

const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { withEngine } = require('../analysis-engine.js');
const { heapReport, profileReport } = require('../analyze.js');
const { writeProfile } = require('../export-profile.js');
const { describeFile } = require('../heap-file.js');
const { resolveOptions } = require('../options.js');
const { fileKind, loadProfile } = require('../profile-file.js');
const { planFile } = require('../whole-file.js');
const { MAX_ANSWER } = require('./explorer-frames.js');

/** Rows of the report's tables. */
const TOP = 20;

/** Answers are texts in JSON. */
class OpenHeap {
  kind = 'heapSnapshot';
  #file;
  #heap;
  #report;

  static async open(run, file) {
    const open = new OpenHeap();
    open.#file = file;
    await run((addon, report) => {
      open.#heap = new addon.HeapFile(file.path);
      return open.#heap.load(report);
    });
    open.#report = await heapReport(file, await run(() => open.#heap.report({ top: TOP })));
    return open;
  }

  /** How long it took belongs to a report. */
  took(durationMs) {
    this.#report.durationMs = durationMs;
  }

  answer(question, values, settings) {
    const ask = (start) => withEngine({ file: this.#file.path, settings }, (run) => run(start));
    switch (question) {
      case 'report':
        return JSON.stringify(this.#report);
      case 'objects': {
        const { class: className, ...rest } = values;
        return ask(() => this.#heap.objects({ className, ...rest }));
      }
      case 'dominators': {
        const { object, ...rest } = values;
        const request = object === null ? rest : values;
        return ask(() => this.#heap.dominators(request));
      }
      default:
        return ask(() => this.#heap[question](values));
    }
  }
}

class OpenProfile {
  kind = 'profile';
  #file;
  #profile;
  #report;

  static async open(run, file) {
    const open = new OpenProfile();
    open.#file = file;
    const { sourceMaps } = resolveOptions('analyze', {});
    const { profile, scripts } = await loadProfile(run, file.path, { sourceMaps, texts: true });
    open.#profile = profile;
    const text = await run(() => profile.report({ top: TOP }));
    open.#report = await profileReport(file, text, scripts);
    return open;
  }

  took(durationMs) {
    this.#report.durationMs = durationMs;
  }

  answer(question, values, settings) {
    if (question === 'report') return JSON.stringify(this.#report);
    return withEngine({ file: this.#file.path, settings }, (run) =>
      question === 'export' ? this.#export(run, values) : this.#flame(run),
    );
  }

  #flame(run) {
    const title = path.basename(this.#file.path);
    return run(() => this.#profile.flame({ title, most: MAX_ANSWER }));
  }

  async #export(run, { format, out }) {
    const target = planFile(out, { overwrite: true, inputs: [this.#file.path] });
    await writeProfile(run, this.#profile, this.#file, format, target);
    return '{}';
  }
}

/**
 * Reads a file, whichever kind its content is of.
 *
 * @param {string} name
 * @param {{ signal?: AbortSignal, onProgress?: (progress: { phase: string, percent: number }) => void }} settings
 * @returns {Promise<{ kind: 'heapSnapshot'|'profile',
 *   answer(question: string, values: object, how: { signal?: AbortSignal }): Promise<string>|string }>}
 * @throws {RsprofError} as `analyze()`
 */
async function openFile(name, settings) {
  const begin = performance.now();
  const file = await describeFile(name);
  const open = await withEngine({ file: file.path, settings }, async (run) => {
    const kind = await fileKind(run, file.path);
    return (kind === 'profile' ? OpenProfile : OpenHeap).open(run, file);
  });
  open.took(performance.now() - begin);
  return open;
}

module.exports = { openFile };
