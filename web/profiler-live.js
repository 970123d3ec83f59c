'use strict';

/**
 * The connection to the process: events as long as the page is looked at, and again when it was lost.
 *
 * @module
 */

const { page } = require('./profiler-page.js');

const MOST_WAIT_MS = 5000;

/** A page in the background costs the process its readings: after so long it lets go. */
const HIDDEN_MS = 60_000;

/** Shorter than this is no loss worth a word: a proxy closes what lives long. */
const PATIENCE_MS = 2500;

/**
 * @param {object} on
 * @param {Record<string, Function>} on.events by name
 * @param {() => void} on.missed the connection is back: what was missed can be asked for
 * @param {() => void} on.changed `page.lostAt` has
 */
function follow({ events, missed, changed }) {
  let close;
  let lostAt;
  let wait = 1000;
  let retry;
  let notice;

  function leave() {
    close?.();
    close = undefined;
    lostAt ??= Date.now();
    clearTimeout(retry);
    clearTimeout(notice);
  }

  function failed() {
    leave();
    notice = setTimeout(
      () => {
        page.lostAt = lostAt;
        changed();
      },
      Math.max(0, lostAt + PATIENCE_MS - Date.now()),
    );
    retry = setTimeout(connect, wait);
    wait = Math.min(MOST_WAIT_MS, 2 * wait);
  }

  function opened() {
    clearTimeout(notice);
    wait = 1000;
    const isBack = lostAt !== undefined;
    lostAt = page.lostAt = undefined;
    changed();
    if (isBack) missed();
  }

  function connect() {
    close = page.api.events('events', { ...events, open: opened, error: failed });
  }

  let hidden;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(leave, HIDDEN_MS);
    else if (!close) {
      clearTimeout(retry);
      connect();
    }
  });
  connect();
}

module.exports = { follow };
