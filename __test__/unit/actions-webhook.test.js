// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of ours

'use strict';

/** The action `webhook`, sent to real servers that behave badly. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const os = require('node:os');
const test = require('node:test');
const { inspect } = require('node:util');
const { run } = require('./actions-support.js');
const { code, until } = require('./support.js');

/** Sockets of webhooks keep no process alive: the tests have to. */
const keepAlive = setInterval(() => {}, 1000);
test.after(() => clearInterval(keepAlive));

const SECRET_PATH = '/services/T0001/sesame-path';
const QUICK = Object.freeze({ type: 'webhook', retryDelay: 0.01 });

/** A server that answers as `answer(request, response, number)` says; gives what it was sent. */
async function startServer(t, answer = (_, response) => response.end('fine')) {
  const requests = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      requests.push({ url: request.url, method: request.method, headers: request.headers, text });
      answer(request, response, requests.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { server, requests, origin, url: origin + SECRET_PATH };
}

const status = (number, headers, text) => (_, response) => {
  response.writeHead(number, headers);
  response.end(text);
};

/** The one failure of a run; it tells the origin, and no secret, however it is looked at. */
function failureOf({ errors, events }, ...texts) {
  assert.equal(errors.length, 1);
  const [{ error }] = errors;
  for (const text of texts) assert.ok(error.message.includes(text), error.message);
  const shown = inspect([errors, events], { depth: 9, showHidden: true }) + JSON.stringify(events);
  assert.ok(!/sesame/.test(shown), shown);
  return error;
}

test('JSON with rule, reason, verdict, files, host and readings', async (t) => {
  const { url, requests, origin } = await startServer(t);
  const outputs = {
    analyze: {
      verdict: '1 Manager holds 84.9 %',
      kind: 'heapSnapshot',
      path: '/a',
      report: { big: 1 },
    },
  };
  const fail = () => Promise.reject(new Error('alas'));
  const headers = { 'X-Team': 'memory' };
  const { outputs: given, errors } = await run(
    [fail, { ...QUICK, url, headers, token: 'sesame' }],
    { outputs },
  );
  assert.equal(errors.length, 1);
  assert.deepEqual(given.webhook, { status: 200, tries: 1, address: origin });
  const [{ text, method, url: path, headers: sent }] = requests;
  assert.deepEqual([method, path], ['POST', SECRET_PATH]);
  assert.equal(sent['content-type'], 'application/json; charset=utf-8');
  assert.equal(sent.authorization, 'Bearer sesame');
  assert.equal(sent['x-team'], 'memory');
  assert.equal(sent.connection, 'close');
  const { version, text: words, ...rest } = JSON.parse(text);
  assert.deepEqual(rest, {
    source: 'rsprof',
    rule: { name: 'heap', when: 'heapUsed > 80% of heapLimit' },
    reason: 'heapUsed is 900 MB',
    firedAt: '2026-01-02T03:04:05.678Z',
    verdict: '1 Manager holds 84.9 %',
    files: [],
    host: os.hostname(),
    pid: process.pid,
    threadId: 0,
    readings: { rss: 1024, cpu: null },
    outputs: { analyze: { kind: 'heapSnapshot', path: '/a', verdict: '1 Manager holds 84.9 %' } },
    errors: [
      {
        action: 'call',
        code: 'ERR_RSPROF_CALL',
        message: 'the function of the action failed: alas',
      },
    ],
  });
  assert.equal(version, require('../../package.json').version);
  const first = `heap on ${os.hostname()} (pid ${process.pid}): heapUsed is 900 MB`;
  assert.equal(
    words,
    `${first}\n1 Manager holds 84.9 %\ncall failed: the function of the action failed: alas`,
  );
});

test('formats of chat services; what comes from a heap is no markup there', async (t) => {
  const { url, requests } = await startServer(t);
  const outputs = { analyze: { verdict: '<!channel> & \u001b[31m' } };
  const text = '<!here> ${verdict} ${outputs.call.value.a} ${readings.rss}|${readings.fds}';
  const formats = ['slack', 'dingtalk', 'text', 'json'].map((format) => ({
    ...QUICK,
    url,
    format,
    text,
  }));
  const { errors } = await run([() => ({ a: 5 }), ...formats], { outputs });
  assert.deepEqual(errors, []);
  const plain = '<!here> <!channel> & \\x1b[31m 5 1024|';
  const [slack, dingtalk, raw, json] = requests;
  assert.deepEqual(JSON.parse(slack.text), {
    text: '<!here> &lt;!channel&gt; &amp; \\x1b[31m 5 1024|',
  });
  assert.deepEqual(JSON.parse(dingtalk.text), { msgtype: 'text', text: { content: plain } });
  assert.equal(raw.text, plain);
  assert.equal(raw.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(JSON.parse(json.text).text, plain);
});

test('a body of the user, each text in it a template', async (t) => {
  const { url, requests } = await startServer(t);
  const body = { a: ['${reason}', 7, null, { '${x}': '' }], b: true };
  await run(
    [
      { ...QUICK, url, body },
      { ...QUICK, url, body: 'of ${rule.name}' },
    ],
    { reason: 'a "b"' },
  );
  assert.deepEqual(JSON.parse(requests[0].text), {
    a: ['a "b"', 7, null, { '${x}': '' }],
    b: true,
  });
  assert.equal(requests[1].text, 'of heap');
});

test('long values are cut, a long body is not sent', async (t) => {
  const { url, requests } = await startServer(t);
  const outputs = { analyze: { verdict: 'x'.repeat(1e6) } };
  const files = Array(60).fill('${verdict}');
  const { errors } = await run(
    [
      { ...QUICK, url },
      { ...QUICK, url, body: files.concat(files) },
    ],
    { outputs },
  );
  assert.equal(requests.length, 1);
  assert.ok(requests[0].text.length < 20_000);
  code('INVALID_ARG', ({ message }) => /more than 262144 bytes/.test(message))(errors[0].error);
});

test('500, then 200: tried again', async (t) => {
  const { url, requests } = await startServer(t, (request, response, number) =>
    status(number === 1 ? 500 : 200)(request, response),
  );
  const { outputs, errors } = await run([{ ...QUICK, url }]);
  assert.deepEqual(errors, []);
  assert.equal(outputs.webhook.tries, 2);
  assert.equal(requests[0].text, requests[1].text);
});

test('tried no more often than said; what is refused for good is tried once', async (t) => {
  const answers = { 503: 3, 429: 3, 404: 1, 400: 1 };
  for (const [number, times] of Object.entries(answers)) {
    const refuse = (request, response) =>
      status(Number(number), {}, `no ${request.url} here`)(request, response);
    const { url, requests, origin } = await startServer(t, refuse);
    const tries = times > 1 ? ` (${times} tries)` : '';
    const result = await run([{ ...QUICK, url, retries: 2 }]);
    code('PUSH')(failureOf(result, `to ${origin}${tries}: it answers ${number}`));
    assert.equal(requests.length, times);
  }
});

test('an answer that repeats secrets does not bring them into the message', async (t) => {
  const echo = (request, response) => {
    const { authorization } = request.headers;
    response.writeHead(401);
    response.end(`${authorization} may not ${decodeURIComponent(request.url)} ${request.url}`);
  };
  const { url } = await startServer(t, echo);
  const secrets = [
    { url, token: 'sesame' },
    { url: `${url}?key=sesame%20key`, headers: { Authorization: 'Basic sesame-basic' } },
    { url: url.replace('://', '://user:sesame@') },
  ];
  for (const secret of secrets)
    failureOf(await run([{ ...QUICK, ...secret }]), '401', '***', 'check token');
});

test('a closed port', async (t) => {
  const { url, server, origin } = await startServer(t);
  await new Promise((resolve) => server.close(resolve));
  const result = await run([{ ...QUICK, url, retries: 1 }]);
  code('PUSH')(failureOf(result, `${origin} (2 tries)`, 'ECONNREFUSED'));
});

test('a redirect is not followed', async (t) => {
  const other = await startServer(t);
  const { url } = await startServer(t, status(302, { Location: other.url }));
  failureOf(await run([{ ...QUICK, url }]), '302', 'redirects are not followed');
  assert.deepEqual(other.requests, []);
});

test('a huge answer is not read to its end', async (t) => {
  let sent = 0;
  let isClosed = false;
  const answer = (_, response) => {
    const block = Buffer.alloc(1 << 16, 'x');
    const more = () => {
      while (!isClosed && response.write(block)) sent += block.length;
    };
    response.on('drain', more).on('close', () => {
      isClosed = true;
    });
    more();
  };
  const { url } = await startServer(t, answer);
  const { outputs, errors } = await run([{ ...QUICK, url }]);
  assert.deepEqual(errors, []);
  assert.equal(outputs.webhook.status, 200);
  await until(() => isClosed);
  assert.ok(sent < 64 << 20, `${sent} bytes`);
});

test('a server that does not answer, or never ends its answer', async (t) => {
  const ways = [() => {}, (_, response) => response.write('x')];
  for (const answer of ways) {
    const { url, requests } = await startServer(t, answer);
    const result = await run([{ ...QUICK, url, answerTimeout: 0.05, retries: 1 }]);
    code('PUSH')(failureOf(result, '(2 tries)'));
    assert.equal(requests.length, 2);
  }
});

test('a slow server is waited for', async (t) => {
  const { url } = await startServer(t, (_, response) => setTimeout(() => response.end(), 100));
  const { outputs } = await run([{ ...QUICK, url }]);
  assert.deepEqual([outputs.webhook.status, outputs.webhook.tries], [200, 1]);
});

test('the time limit counts for all tries together; the last failure is told', async (t) => {
  const { url, requests } = await startServer(t, status(503, { 'Retry-After': '25' }));
  const result = await run([{ ...QUICK, url, timeout: 1 }]);
  code('BUDGET')(failureOf(result, 'after 1 s', 'it answers 503'));
  assert.equal(requests.length, 1);
});

test('an abort ends a hanging request at once', async (t) => {
  const { url, requests } = await startServer(t, () => {});
  const controller = new AbortController();
  const promise = run([{ ...QUICK, url }], { signal: controller.signal });
  await until(() => requests.length === 1);
  controller.abort();
  const { errors } = await promise;
  code('ABORTED')(errors[0].error);
  assert.equal(requests.length, 1);
});

test('DingTalk answers 200 to what it refuses', async (t) => {
  const { url } = await startServer(
    t,
    status(200, {}, '{"errcode":310000,"errmsg":"keywords not in content"}'),
  );
  failureOf(
    await run([{ ...QUICK, url, format: 'dingtalk' }]),
    'errmsg',
    'keywords not in content',
  );
  const taken = await startServer(t, status(200, {}, '{"errcode":0,"errmsg":"ok"}'));
  const { errors } = await run([{ ...QUICK, url: taken.url, format: 'dingtalk' }]);
  assert.deepEqual(errors, []);
});
