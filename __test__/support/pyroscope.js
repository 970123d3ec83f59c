'use strict';

// A receiver that takes windows as Pyroscope's /ingest does, written from its sources (ingest_handler.go,
// labelset.go, convert/pprof/profile.go): the name by the same little state machine, `format=pprof` means
// that the body is no form, a field of the form counts only where it is a file.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const zlib = require('node:zlib');

const { Profile } = require('pprof-format');

/** `app{a=1,b=2}` -> { name, labels }; an error is what Pyroscope answers 400 to. */
function parseName(text) {
  let state = 'name';
  let key = '';
  let value = '';
  const parsed = { name: '', labels: {} };
  for (const char of `${text}{`) {
    if (state === 'name' && char === '{') {
      parsed.name = value.trim();
      assert.match(parsed.name, /^[\w./-]+$/, 'service name');
      state = 'key';
    } else if (state === 'name') value += char;
    else if (state === 'key' && char === '}') state = 'done';
    else if (state === 'key' && char === '=') [state, value] = ['value', ''];
    else if (state === 'key') key += char;
    else if (state === 'value' && (char === ',' || char === '}')) {
      assert.match(key.trim(), /^[\w.]+$/, 'label name');
      parsed.labels[key.trim()] = value.trim();
      [state, key] = ['key', ''];
    } else if (state === 'value') value += char;
  }
  return parsed;
}

/** The files of a form, by field. */
function parseForm(contentType, body) {
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)"?$/.exec(contentType)?.[1];
  assert.ok(boundary, `no form: ${contentType}`);
  const files = {};
  let at = body.indexOf(`--${boundary}\r\n`);
  assert.equal(at, 0);
  while (at !== -1) {
    const head = body.indexOf('\r\n\r\n', at);
    const next = body.indexOf(`\r\n--${boundary}`, head);
    assert.ok(head !== -1 && next !== -1, 'a part ends');
    const field = /name="([^"]+)"; filename="[^"]+"/.exec(body.toString('latin1', at, head));
    if (field) files[field[1]] = body.subarray(head + 4, next);
    at = body.toString('latin1', next, next + boundary.length + 6).endsWith('--') ? -1 : next + 2;
  }
  return files;
}

/** A profile with its strings in place. */
function decode(gzipped) {
  const profile = Profile.decode(zlib.gunzipSync(gzipped));
  const text = (index) => profile.stringTable.strings[Number(index)];
  const types = profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`);
  const functions = new Map(profile.function.map((one) => [Number(one.id), text(one.name)]));
  const locations = new Map(
    profile.location.map(({ id, line }) => [
      Number(id),
      line.map((one) => functions.get(Number(one.functionId))),
    ]),
  );
  const samples = profile.sample.map(({ locationId, value }) => ({
    stack: locationId.flatMap((id) => locations.get(Number(id))),
    values: value.map(Number),
  }));
  const [began, length] = [profile.timeNanos, profile.durationNanos].map(BigInt);
  return { types, samples, began, ended: began + length };
}

/** `__name__` of the series, as metricName() of convert/pprof/profile.go. */
function metricName(types, config) {
  const names = types.map((type) => type.split('/')[0]);
  for (const name of names) {
    const shown = config?.[name]?.['display-name'] ?? name;
    if (shown.includes('cpu')) return 'process_cpu';
    if (/alloc_|inuse_/.test(shown) || shown === 'space' || shown === 'objects') return 'memory';
  }
  return names.at(-1);
}

/** What a request brings. */
function ingest({ url, headers }, body) {
  const query = new URL(url, 'http://receiver').searchParams;
  assert.ok(url.startsWith('/ingest?'), url);
  const isForm = query.get('format') !== 'pprof' && headers['content-type'].includes('multipart');
  const files = isForm ? parseForm(headers['content-type'], body) : { profile: body };
  const config = files.sample_type_config && JSON.parse(files.sample_type_config.toString());
  const decoded = decode(files.profile);
  for (const time of ['from', 'until']) assert.match(query.get(time), /^\d{10}$/);
  return {
    ...parseName(query.get('name')),
    ...decoded,
    metric: metricName(decoded.types, config),
    from: Number(query.get('from')),
    until: Number(query.get('until')),
    spyName: query.get('spyName'),
    sampleRate: query.get('sampleRate'),
    headers,
    body: files.profile,
  };
}

/** Functions by their own weight in the last value of the samples, heaviest first, as `[name, weight]`. */
function topFunctions(samples) {
  const weights = new Map();
  for (const { stack, values } of samples) {
    weights.set(stack[0], (weights.get(stack[0]) ?? 0) + values.at(-1));
  }
  return [...weights].sort(([, one], [, other]) => other - one);
}

class Receiver {
  /** What was taken, in order: see ingest(). */
  taken = [];
  /** How many requests came, taken or not. */
  requests = 0;
  /** How many connections were made. */
  accepted = 0;
  /** What is wrong with requests that came. */
  errors = [];
  /** Decides over a request: see #answer. May be replaced at any time. */
  decide = () => 200;
  /** Replaces ingest(): gets the request and its body, gives what is put into `taken`. */
  read = ingest;
  #server = null;
  #sockets = new Set();
  port = 0;

  /** How many connections are open. */
  get connections() {
    return this.#sockets.size;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, the second time on the same port. */
  async listen() {
    this.#server = http.createServer((request, response) => this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.accepted++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
    return this;
  }

  /** Refuses connections from now on, and ends those there are. */
  async close() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /**
   * `decide` answers a status, `[status, headers, text]`, 'reset' (half-way through the body), 'lost' (taken,
   * then reset instead of an answer), 'hang' (never reads, never answers).
   */
  #handle(request, response) {
    const verdict = this.decide(this.requests++);
    if (verdict === 'hang') return;
    if (verdict === 'reset') {
      request.once('data', () => request.socket.resetAndDestroy());
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => this.#answer(request, response, Buffer.concat(chunks), verdict));
  }

  #answer(request, response, body, verdict) {
    const [status, headers, text = ''] = Array.isArray(verdict) ? verdict : [verdict];
    if (status === 200 || verdict === 'lost') this.#take(request, body);
    if (verdict === 'lost') request.socket.resetAndDestroy();
    else response.writeHead(status, headers).end(text);
  }

  #take(request, body) {
    try {
      this.taken.push(this.read(request, body));
    } catch (error) {
      this.errors.push(error);
    }
  }
}

/** A receiver that listens until the test `t` is over. */
async function startReceiver(t) {
  const receiver = await new Receiver().listen();
  t.after(() => receiver.close().catch(() => {}));
  return receiver;
}

module.exports = { decode, parseForm, parseName, startReceiver, topFunctions };
