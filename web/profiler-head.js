'use strict';

/**
 * Which process this is, whether one hears of it, and whether it is well.
 *
 * @module
 */

const { element } = require('./dom.js');
const { choice } = require('./profiler-dom.js');
const { clock, duration } = require('./profiler-format.js');
const { healthOf } = require('./profiler-health.js');
const { page } = require('./profiler-page.js');
const { LANGUAGES, texts } = require('./profiler-texts.js');

/** @param {(language: string) => void} speak */
function makeHead(speak) {
  const title = element('h1');
  const process = element('p');
  const connection = element('p.connection', { role: 'status' });
  const lost = element('p.lost', { role: 'alert', hidden: true });
  const [level, sentence] = [element('strong'), element('span')];
  const health = element('p.health', level, sentence);
  const languages = choice(texts('language'), Object.entries(LANGUAGES), texts.language, speak);
  let askedAt;

  /** Once a second. */
  function tick() {
    const { status, readings, lostAt } = page;
    const uptime = duration(status.uptime * 1000 + (lostAt ?? Date.now()) - askedAt);
    process.textContent = texts('process', { ...status, uptime });
    const found = healthOf(status, readings);
    const known = lostAt ? 'unknown' : found.level;
    health.className = `health ${known}`;
    level.textContent = texts(known);
    sentence.textContent = found.sentence;
  }

  return {
    element: element('header.top', element('div', title, process), connection, languages),
    health,
    lost,
    tick,
    /** After `status` was asked for. */
    update() {
      askedAt = Date.now();
      title.textContent = page.status.title;
      document.title = `${page.status.title} · rsprof`;
      tick();
    },
    connected() {
      const time = page.lostAt && clock(page.lostAt);
      connection.textContent = texts(time ? 'lost' : 'live', { time });
      lost.textContent = texts('lostNow', { time });
      lost.hidden = !time;
      document.body.classList.toggle('stale', Boolean(time));
      tick();
    },
  };
}

module.exports = { makeHead };
