'use strict';

// What hot-reload.js loads again and again: a table that is made when the module is loaded.

const texts = {};
for (let at = 0; at < 400; at++) texts[`message ${at}`] = `Hello number ${at + Math.random()}`;

module.exports = { texts, loadedAt: Date.now() };
