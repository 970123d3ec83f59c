'use strict';

/**
 * Pyroscope's ingest API: what a window is called there, and the request that brings it.
 *
 * `POST /ingest?name=app{labels}&from&until&spyName&sampleRate`, a form with `profile` (gzip'd pprof) and
 * `sample_type_config`. Without `format=pprof`: with it Pyroscope takes the body as it is, form and all.
 *
 * Source: https://grafana.com/docs/pyroscope/latest/reference-server-api/
 *
 * @module
 */

const { randomBytes } = require('node:crypto');
const version = require('./version.js');

/** What Pyroscope shall make of our sample types. */
const SAMPLE_TYPES = Object.freeze({
  cpu: {
    samples: { units: 'samples', 'display-name': 'cpu_samples', aggregation: 'sum', sampled: true },
    cpu: { units: 'nanoseconds', 'display-name': 'cpu', aggregation: 'sum', sampled: true },
  },
  heap: {
    inuse_objects: { units: 'objects', aggregation: 'average' },
    inuse_space: { units: 'bytes', aggregation: 'average' },
  },
});

/** What stands for a secret in a text. */
const HIDDEN = '***';

/** `app{a=1,b=2}`, sorted by name: one series has one name. */
function seriesName(appName, labels) {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${appName}{${pairs.map(([name, value]) => `${name}=${value}`).join(',')}}`;
}

function basic(user, password) {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function authorization({ url, token, basicAuth }) {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  if (basicAuth) return { Authorization: basic(basicAuth.user, basicAuth.password) };
  if (url.username === '' && url.password === '') return {};
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  return { Authorization: basic(user, password) };
}

/** Whatever must not be seen, longest first: a secret may be a part of another. */
function secretsOf({ url, token, basicAuth, headers }, fields) {
  const values = [token, basicAuth?.password, url.password, decodeURIComponent(url.password)];
  values.push(...Object.values(headers), ...Object.values(fields));
  values.push(...Object.values(fields).map((field) => field.replace(/^\w+ /, '')));
  const isSecret = (value) => typeof value === 'string' && value !== '';
  return [...new Set(values.filter(isSecret))].sort((one, other) => other.length - one.length);
}

/** The address of the API below `url`, without what is secret in it. */
function ingestUrl(url) {
  const ingest = new URL(url);
  ingest.username = '';
  ingest.password = '';
  ingest.hash = '';
  const base = ingest.pathname.replace(/\/+$/, '');
  ingest.pathname = base.endsWith('/ingest') ? base : `${base}/ingest`;
  return ingest;
}

class Pyroscope {
  #url;
  #headers;
  #secrets;
  #name;
  #sampleRate;

  /**
   * @param {object} push the option of that name
   * @param {number} interval of the CPU profile, in microseconds
   */
  constructor(push, interval) {
    const fields = authorization(push);
    this.#url = ingestUrl(push.url);
    this.#headers = { 'User-Agent': `rsprof/${version}`, ...push.headers, ...fields };
    if (push.tenantId !== undefined) this.#headers['X-Scope-OrgID'] = push.tenantId;
    this.#secrets = secretsOf(push, fields);
    this.#name = seriesName(push.appName, push.labels);
    this.#sampleRate = Math.max(1, Math.round(1e6 / interval));
  }

  /** The address as it may be shown. */
  get address() {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  get protocol() {
    return this.#url.protocol;
  }

  /** `text` without any secret in it. */
  redact(text) {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  }

  /**
   * @param {{ kind: 'cpu'|'heap', from: number, until: number }} window times in ms since the epoch
   * @param {Buffer} body a gzip'd pprof
   * @returns {{ url: URL, headers: object, parts: Buffer[] }}
   */
  request({ kind, from, until }, body) {
    const url = new URL(this.#url);
    url.searchParams.set('name', this.#name);
    url.searchParams.set('from', String(Math.floor(from / 1000)));
    url.searchParams.set('until', String(Math.floor(until / 1000)));
    url.searchParams.set('spyName', 'nodespy');
    if (kind === 'cpu') url.searchParams.set('sampleRate', String(this.#sampleRate));
    const boundary = `rsprof-${randomBytes(16).toString('hex')}`;
    const type = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    return { url, headers: { ...this.#headers, ...type }, parts: form(boundary, kind, body) };
  }
}

function field(boundary, name, file, type) {
  return (
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${file}"\r\n` +
    `Content-Type: ${type}\r\n\r\n`
  );
}

function form(boundary, kind, body) {
  const profile = field(boundary, 'profile', 'profile.pb.gz', 'application/octet-stream');
  const config = field(
    boundary,
    'sample_type_config',
    'sample_type_config.json',
    'application/json',
  );
  const end = `\r\n${config}${JSON.stringify(SAMPLE_TYPES[kind])}\r\n--${boundary}--\r\n`;
  return [Buffer.from(profile), body, Buffer.from(end)];
}

module.exports = { Pyroscope, seriesName };
