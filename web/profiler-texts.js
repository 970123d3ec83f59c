'use strict';

/**
 * Texts by key, in the language of who reads.
 *
 * @module
 */

const LANGUAGES = { en: 'English', zh: '中文' };

/** `{name}` is a value, `{name|one|many}` depends on it. */
const VALUE = /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g;

let table = {};

/**
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @returns {string} what nobody wrote is the key itself
 */
function texts(key, values = {}) {
  return (table[key] ?? key).replace(VALUE, (_, name, one, many) => {
    if (one === undefined) return values[name] ?? '';
    return Number(values[name]) === 1 ? one : many;
  });
}

/**
 * There is one page, so there is one language.
 *
 * @param {string} language `en` or `zh`
 * @param {Record<string, string>} known texts-en.js or texts-zh.js
 */
texts.use = (language, known) => {
  texts.language = language;
  table = known;
};

/** Whether anybody wrote it. */
texts.has = (key) => key in table;

/** The first language that we have, of those a reader asks for. */
function chooseLanguage(wanted) {
  const known = wanted.map((one) => one.slice(0, 2).toLowerCase());
  return known.find((one) => Object.hasOwn(LANGUAGES, one)) ?? 'en';
}

module.exports = { LANGUAGES, chooseLanguage, texts };
