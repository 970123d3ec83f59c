'use strict';

/** Chromium, driven over the DevTools protocol through a pipe: no port, no dependency. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');

const { chromiumPath } = require('../../scripts/chromium.js');

/** Path of a Chromium, or undefined. */
const binary = chromiumPath();

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--remote-debugging-pipe',
];

class Chromium {
  #child;
  #rest = '';
  #next = 1;
  #waiting = new Map();
  #listeners = new Set();

  /** @param {string} profile an empty folder for what Chromium keeps */
  constructor(profile) {
    this.#child = spawn(binary, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#child.stdio[4].setEncoding('utf8').on('data', (text) => this.#read(text));
    this.exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.exited.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium ended'));
    });
  }

  #read(text) {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop();
    for (const message of messages) this.#receive(JSON.parse(message));
  }

  #receive({ id, result, error, method, params }) {
    for (const listener of id === undefined ? this.#listeners : []) listener(method, params);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }

  send(method, params = {}, sessionId) {
    const id = this.#next++;
    this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Opens a page; `width` in CSS pixels. Gives what `makePage` does, and `problems`. */
  async open(url, { width = 1100, height = 900, scheme = 'light' } = {}) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const attached = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const call = (method, params) => this.send(method, params, attached.sessionId);
    const problems = [];
    const loaded = new Promise((resolve) => {
      this.#listeners.add((method, params) => {
        if (method === 'Log.entryAdded') problems.push(params.entry.text);
        if (method === 'Runtime.exceptionThrown') problems.push(params.exceptionDetails.text);
        if (method === 'Network.requestWillBeSent') problems.push(params.request.url);
        if (method === 'Page.loadEventFired') resolve();
      });
    });
    for (const domain of ['Page', 'Log', 'Runtime', 'Network']) await call(`${domain}.enable`);
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await call('Emulation.setDeviceMetricsOverride', metrics);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await call('Emulation.setEmulatedMedia', { features });
    await call('Page.navigate', { url });
    await loaded;
    return { problems, ...makePage(call) };
  }

  async close() {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

function makePage(call) {
  const evaluate = async (expression) => {
    const params = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await call('Runtime.evaluate', params);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  };
  const press = async (key, text) => {
    await call('Input.dispatchKeyEvent', { type: 'keyDown', key, code: key, text });
    await call('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key });
  };
  const mouse = (type, x, y, more) => call('Input.dispatchMouseEvent', { type, x, y, ...more });
  const click = async (x, y) => {
    const button = { button: 'left', clickCount: 1 };
    await mouse('mousePressed', x, y, button);
    await mouse('mouseReleased', x, y, button);
  };
  const type = (text) => call('Input.insertText', { text });
  const screenshot = async (file, more) => {
    const params = { captureBeyondViewport: true, format: 'png' };
    const { data } = await call('Page.captureScreenshot', { ...params, ...more });
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  };
  return { evaluate, press, mouse, click, type, screenshot };
}

module.exports = { Chromium, binary };
