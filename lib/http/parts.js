'use strict';

/**
 * What the route is made of, each made (and its module loaded) when a request first needs it: a route that nobody asks
 * costs nothing.
 *
 * @module
 */

const path = require('node:path');
const { fromEnvironment } = require('../options.js');
const { EventFeed } = require('./event-feed.js');
const { Rate } = require('./rate.js');
const { EventStreams } = require('./server-sent-events.js');

/** The folder of last resort, as of `watch()`. */
const FOLDER = 'rsprof-captures';

const HOUR_MS = 3_600_000;

/** Where the watcher of this thread puts its captures; the route shows those, so that there is one list. */
function folderOfWatcher() {
  return require('../watch.js').currentWatcher()?.dir;
}

/** How each is made. `parts` are the others. */
const MAKERS = Object.freeze({
  dir: (_, { dir }) =>
    path.resolve(dir ?? folderOfWatcher() ?? fromEnvironment('dir', 'watch') ?? FOLDER),
  captures: (parts, { limits }) => {
    const { Captures } = require('./captures.js');
    const isOpen = (file) => parts.existing('explorer')?.isOpen(file) ?? false;
    return new Captures({ dir: parts.dir, limits, isOpen });
  },
  explorer: () => {
    const { Explorer } = require('./explorer.js');
    return new Explorer();
  },
  live: ({ dir }) => {
    const { Live } = require('./live.js');
    return new Live({ dir });
  },
  operations: (parts, { limits, maxSeconds }) => {
    const { Operations } = require('./operations.js');
    // From here on captures are counted.
    parts.tally.counts();
    const { dir, captures, explorer } = parts;
    return new Operations({ dir, limits, maxSeconds, explorer, captures });
  },
  captureRate: (_, { rate }) => new Rate(rate.captures, HOUR_MS),
  analysisRate: (_, { rate }) => new Rate(rate.analyses, HOUR_MS),
  tally: () => {
    const { CaptureTally } = require('./capture-tally.js');
    return new CaptureTally();
  },
  streams: () => new EventStreams(),
  feed: (parts) => new EventFeed(parts),
  // Modules of functions.
  download: () => require('./download.js'),
  exporting: () => require('./export-file.js'),
  forecast: () => require('./forecast.js'),
  fragment: () => require('./report-fragment.js'),
  health: () => require('./health.js'),
  kinds: () => require('./capture-kinds.js'),
  prometheus: () => require('./prometheus.js'),
  series: () => require('./series.js'),
  simple: () => require('./simple.js'),
  status: () => require('./status-report.js'),
  web: () => require('../web-assets.js'),
});

/** Closed in this order: who uses another goes before it. */
const CLOSING = Object.freeze(['streams', 'live', 'operations', 'explorer', 'captures', 'tally']);

/** The parts of one route. */
class Parts {
  #settings;
  #made = new Map();

  /**
   * @param {object} settings of `profiler()`
   * @param {object} [given] parts to use instead
   */
  constructor(settings, given = {}) {
    this.#settings = settings;
    for (const [name, part] of Object.entries(given)) this.#made.set(name, part);
    for (const name of Object.keys(MAKERS)) {
      Object.defineProperty(this, name, { get: () => this.#get(name) });
    }
  }

  /** The folder, where something needed it already. */
  get dirInUse() {
    return this.#made.get('dir');
  }

  /** @param {string} name @returns {unknown} the part if it was needed already */
  existing(name) {
    return this.#made.get(name);
  }

  /** Ends what was made, whatever one of them makes of it. */
  async close() {
    const end = async (name) => this.#made.get(name)?.close?.();
    await Promise.allSettled(CLOSING.map(end));
  }

  #get(name) {
    if (!this.#made.has(name)) this.#made.set(name, MAKERS[name](this, this.#settings));
    return this.#made.get(name);
  }
}

module.exports = { Parts };
