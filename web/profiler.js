'use strict';

/**
 * The page of the route: says in whose language, and begins.
 *
 * @module
 */

const { start } = require('./profiler-app.js');
const { element } = require('./dom.js');
const { chooseLanguage, texts } = require('./profiler-texts.js');

const CHOSEN = 'rsprof.language';

/** Storage may be forbidden. */
function remembered() {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}

function speak(language) {
  try {
    localStorage.setItem(CHOSEN, language);
  } catch {
    // Then it is for this time only, and the browser's language decides.
  }
  location.reload();
}

const language = chooseLanguage([remembered(), ...navigator.languages].filter(Boolean));
document.documentElement.lang = language;

/** Without its texts the page says keys, which is better than nothing. */
function begin() {
  texts.use(language, globalThis.rsprofTexts ?? {});
  start(document.getElementById('app'), speak);
}

const script = element('script', { src: `assets/texts-${language}.js` });
script.onload = script.onerror = begin;
document.head.append(script);
