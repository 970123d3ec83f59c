'use strict';

/**
 * How much of a process's memory a heap snapshot cannot see: where RSS is far above the heap, the leak is
 * not in the file.
 *
 * @module
 */

const { percent, size } = require('./units.js');

/** What a Node process has before its program does anything, measured on Node 18 to 26. */
const BARE_NODE = 'a bare Node process has some 40 to 60 MB of it';

function whose(sidecar) {
  return sidecar.host?.threadId > 0
    ? 'The process had (the snapshot is of one of its threads)'
    : 'The process had';
}

/** Buffers are counted by Node, but only their sizes are in the file. */
function ofNode({ external }) {
  return external > 0 ? ` Node itself counted ${size(external)} of external memory (Buffers).` : '';
}

/**
 * @param {{ totalSize: number, extraNativeBytes: number|null }} overview of the report; bytes
 * @param {object|null} sidecar of the capture
 * @returns {null | { rss: number, seen: number, unseen: number, unseenShare: number, sentence: string }}
 *   bytes and 0..1; null where no sidecar says RSS
 */
function unseenMemory(overview, sidecar) {
  const figures = sidecar?.process;
  if (!Number.isFinite(figures?.rss) || figures.rss <= 0) return null;
  const { rss } = figures;
  // A heap may be larger than what of it is in memory: swapped out, or never touched.
  const seen = Math.min(rss, overview.totalSize + (overview.extraNativeBytes ?? 0));
  const unseen = rss - seen;
  const unseenShare = unseen / rss;
  const sentence =
    `${whose(sidecar)} ${size(rss)} in memory (RSS) when the snapshot was taken; the snapshot accounts for ` +
    `${size(seen)} of it. It cannot see the other ${size(unseen)} (${percent(unseenShare)}): the program's own ` +
    `code, free room in V8's spaces, stacks, native libraries; ${BARE_NODE}.${ofNode(figures)}`;
  return { rss, seen, unseen, unseenShare, sentence };
}

module.exports = { unseenMemory };
