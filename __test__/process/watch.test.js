'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const rsprof = require('../..');
const { nextMessage, runForJson, runNode, startNode } = require('../support/child.js');
const { isNative } = require('../support/env.js');
const { names, tempDir } = require('../support/tempdir.js');

/** Nothing of a test's machine is to decide; a rule may fire as soon as the process has started. */
const ANY_MACHINE = { minFreeDisk: 0, grace: 0 };

const isCapture = (name) => /\.(heapsnapshot|cpuprofile|heapprofile)(\.gz)?$/.test(name);
/** The lock of the host is in the temporary folder: other tests run at the same time. */
const envOf = (dir) => ({ DIR: dir, TMPDIR: dir });

const captures = (dir) => names(dir).filter(isCapture);

const sidecarOf = (file) => JSON.parse(fs.readFileSync(`${file}.json`, 'utf8'));

/** What a child is to do around its rules: it watches, and tells of its events. */
function program({ rules, options = {}, body = '' }) {
  return `
    const settings = ${JSON.stringify({ interval: 0.05, logger: false, ...options })};
    const rules = ${rules};
    const watcher = rsprof.watch({ ...settings, dir: process.env.DIR, rules,
      limits: { ...${JSON.stringify(ANY_MACHINE)}, ...settings.limits } });
    const events = [];
    for (const event of ['fire', 'skip', 'action', 'done', 'stuck', 'crash', 'failure', 'stop']) {
      watcher.on(event, (message) => {
        const error = message.error && { code: message.error.code, message: message.error.message };
        events.push({ event, ...message, ...(error && { error }) });
      });
    }
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (holds) => { while (!holds()) await sleep(10); };
    const happened = (event, rule) => events.filter((one) => one.event === event && (!rule || one.rule === rule));
    (async () => {
      ${body}
    })();
  `;
}

test('a threshold: one snapshot, its analysis, the culprit in words', async (t) => {
  const dir = tempDir(t);
  const found = await runForJson(
    program({
      rules: `[{ name: 'heap', when: 'heapUsed > 60MB', actions: ['heapSnapshot', 'analyze'] }]`,
      body: `
        class Session { constructor(id) { this.id = id; this.data = new Array(20).fill(id); } }
        globalThis.sessions = [];
        while (process.memoryUsage().heapUsed < 70e6) {
          for (let i = 0; i < 1000; i++) sessions.push(new Session(sessions.length));
          await sleep(1);
        }
        await until(() => happened('done').length > 0);
        await sleep(300);
        console.log(JSON.stringify({ events, status: watcher.status() }));
        await watcher.stop();`,
    }),
    { env: envOf(dir) },
  );
  const [fire] = found.events.filter(({ event }) => event === 'fire');
  assert.match(fire.reason, /heapUsed .* > 60 MB/);
  assert.ok(fire.readings.heapUsed > 60e6 && fire.readings.rss > fire.readings.heapUsed);
  const [done] = found.events.filter(({ event }) => event === 'done');
  assert.deepEqual(done.errors, []);
  assert.match(done.verdict, /Session|sessions/);
  assert.equal(done.outputs.analyze.verdict, done.verdict);
  const [name, ...more] = captures(dir);
  assert.deepEqual(more, [], 'the cooldown lets one happen');
  assert.equal(path.join(dir, name), done.outputs.heapSnapshot.path);
  assert.match(sidecarOf(path.join(dir, name)).reason, /^rule heap: heapUsed/);
  const [rule] = found.status.rules;
  assert.equal(rule.fired, 1);
});

test('a leak: called one by the trend of full collections, and named', async (t) => {
  const dir = tempDir(t);
  const found = await runForJson(
    program({
      rules: `[{ name: 'leak', when: 'leak', actions: ['heapSnapshot', 'analyze'] }]`,
      body: `
        class Order { constructor(id) { this.id = id; this.lines = new Array(50).fill(id); } }
        globalThis.orders = [];
        while (happened('fire').length === 0) {
          for (let i = 0; i < 2500; i++) orders.push(new Order(i));
          gc();
          await sleep(150);
        }
        await until(() => happened('done').length > 0);
        console.log(JSON.stringify(events));
        await watcher.stop();`,
    }),
    { env: envOf(dir), nodeArgs: ['--expose-gc', '--max-old-space-size=200'] },
  );
  const fire = found.find(({ event }) => event === 'fire');
  assert.match(fire.reason, /the heap leaks: what full collections leave grows by/);
  assert.match(found.find(({ event }) => event === 'done').verdict, /Order|orders/);
});

test('every other kind of trigger fires for what it waits for', async (t) => {
  const dir = tempDir(t);
  const rules = `
    const fired = [];
    const note = (context) => { fired.push(context.rule.name + ': ' + context.reason); };
    const RULES = {
      signal: 'signal(SIGUSR2)',
      every: 'every(1s)',
      delay: 'eventLoopDelayMax > 150ms',
      cpu: 'threadCpu > 5% for 300ms or cpu > 5% for 300ms',
      slope: 'slope(external, 1s) > 100MB/min',
      both: 'signal(SIGUSR2) and heapUsed > 1MB',
      neither: 'signal(SIGUSR2) and heapUsed > 100GB',
    };`;
  const found = await runForJson(
    rules +
      program({
        rules: `Object.entries(RULES).map(([name, when]) => ({ name, when, actions: [note] }))`,
        options: { limits: { cooldown: 0, count: 50, total: 100 } },
        body: `
          await sleep(1200);
          process.kill(process.pid, 'SIGUSR2');
          const kept = [];
          const end = Date.now() + 1500;
          while (Date.now() < end) { kept.push(Buffer.alloc(4e6, 1)); await sleep(20); }
          const busy = Date.now() + 700;
          while (Date.now() < busy);
          await sleep(100);
          for (let i = 0; i < 60; i++) { const turn = Date.now() + 30; while (Date.now() < turn); await sleep(0); }
          await until(() => new Set(fired.map((line) => line.split(':')[0])).size >= 6);
          console.log(JSON.stringify({ fired, failures: happened('failure') }));
          await watcher.stop();`,
      }),
    { env: envOf(dir) },
  );
  assert.deepEqual(found.failures, []);
  const names = [...new Set(found.fired.map((line) => line.split(':')[0]))].sort();
  assert.deepEqual(names, ['both', 'cpu', 'delay', 'every', 'signal', 'slope']);
});

/** Ends when the watchdog has written what it found; nothing of the child's JavaScript runs any more. */
async function stuckChild(dir, stuck) {
  const child = startNode(
    program({
      rules: `[{ name: 'stuck', when: 'stuck(400ms)', actions: [{ type: 'cpuProfile', seconds: 0.3 }] }]`,
      options: { logger: 'stderr' },
      body: `await sleep(200); process.send('ready'); ${stuck}`,
    }),
    { env: envOf(dir) },
  );
  // The last thing that the watchdog does is to say so.
  const isSaid = new Promise((resolve) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
      if (/; profile: .*\n/.test(said)) resolve();
    });
  });
  await nextMessage(child);
  await Promise.race([isSaid, child.finished]);
  child.kill('SIGKILL');
  return child.finished;
}

const STUCK = {
  'while (true)': ['function spin() { while (true); } spin();', 'spin'],
  'a regular expression': [
    `function matchName(text) { return /^(\\w+\\s?)*$/.test(text); } matchName('a'.repeat(60) + '!');`,
    'matchName',
  ],
};

for (const [title, [code, culprit]] of Object.entries(STUCK)) {
  test(`a loop that is stuck in ${title} for ever: profile, function and line, black box`, async (t) => {
    if (!isNative) return t.skip('the watchdog takes the addon');
    const dir = tempDir(t);
    const { stderr } = await stuckChild(dir, code);
    assert.match(stderr, new RegExp(`rsprof: the event loop has not turned .*${culprit}`));
    const [name] = captures(dir);
    const report = await rsprof.analyze(path.join(dir, name));
    assert.equal(report.kind, 'cpuProfile');
    const { reason, result } = sidecarOf(path.join(dir, name));
    assert.match(reason, /^rule stuck: /);
    assert.match(result.verdict, new RegExp(culprit));
    const { stdout } = await runNode('', {
      file: path.join(__dirname, '../../bin/rsprof.js'),
      args: ['blackbox', dir],
    });
    assert.match(stdout, /after the last turn of its event\s+loop; it did not end by itself/);
  });
}

test('a stuck loop that goes on fires the rest of its rule', async (t) => {
  if (!isNative) return t.skip('the watchdog takes the addon');
  const dir = tempDir(t);
  const found = await runForJson(
    program({
      rules: `[{ name: 'stuck', when: 'stuck(300ms)', actions: [{ type: 'cpuProfile', seconds: 0.2 }, 'analyze'] }]`,
      body: `
        await sleep(200);
        function grind() { const end = Date.now() + 1500; while (Date.now() < end); }
        grind();
        await until(() => happened('done').length > 0);
        console.log(JSON.stringify(events));
        await watcher.stop();`,
    }),
    // V8 charges a loop that it optimised while it ran to whoever called the function.
    { env: envOf(dir), nodeArgs: ['--no-use-osr'] },
  );
  const done = found.find(({ event }) => event === 'done');
  assert.match(done.verdict, /grind/);
  assert.equal(captures(dir).length, 1);
});

test('out of memory: the snapshot is there, and the next start tells of it', async (t) => {
  if (!isNative) return t.skip('the child at the limit takes the addon');
  const dir = tempDir(t);
  const rules = `[{ name: 'oom', when: 'nearHeapLimit', actions: ['heapSnapshot', 'analyze'] }]`;
  const died = await startNode(
    program({
      rules,
      body: `
        class Ticket { constructor(id) { this.id = id; this.parts = [id, {}, {}]; } }
        globalThis.tickets = [];
        for (;;) { for (let i = 0; i < 5000; i++) tickets.push(new Ticket(i)); await sleep(0); }`,
    }),
    { env: envOf(dir), nodeArgs: ['--max-old-space-size=48'] },
  ).finished;
  assert.notEqual(died.code, 0);
  while (!captures(dir).some((name) => names(dir).includes(`${name}.json`)))
    await new Promise((resolve) => setTimeout(resolve, 100));
  const next = await runForJson(
    program({
      rules,
      body: `
        await until(() => happened('done').length > 0 && happened('crash').length > 0);
        console.log(JSON.stringify(events));
        await watcher.stop();`,
    }),
    { env: envOf(dir) },
  );
  const done = next.find(({ event }) => event === 'done');
  assert.match(done.verdict, /Ticket|tickets/);
  const crash = next.find(({ event }) => event === 'crash');
  assert.match(crash.verdict, /did not end by itself/);
  assert.equal(captures(dir).length, 1);
});

test('eight workers of a cluster cross a threshold at once and leave one dump', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'cluster.js');
  fs.writeFileSync(
    file,
    `const cluster = require('node:cluster');
     const rsprof = require(${JSON.stringify(path.join(__dirname, '../..'))});
     if (cluster.isPrimary) {
       let ended = 0;
       const all = [];
       for (let i = 0; i < 8; i++) cluster.fork();
       cluster.on('message', (_, message) => {
         all.push(message);
         if (all.length < 8) return;
         console.log(JSON.stringify(all));
         for (const worker of Object.values(cluster.workers)) worker.kill();
       });
     } else {
       ${program({
         rules: `[{ name: 'heap', when: 'heapUsed > 30MB', actions: ['heapSnapshot'] }]`,
         body: `
           globalThis.kept = Array.from({ length: 500 }, (_, id) => new Array(10_000).fill(id)); // 40 MB
           await until(() => happened('done').length > 0 || happened('skip').some(({ limit }) => limit === 'cooldown'));
           await sleep(200);
           process.send(events);`,
       })}
     }`,
  );
  const captureDir = path.join(dir, 'captures');
  const all = await runForJson('', { file, env: { DIR: captureDir, TMPDIR: dir }, preamble: '' });
  assert.equal(all.flat().filter(({ event }) => event === 'done').length, 1);
  assert.equal(captures(captureDir).length, 1);
  assert.deepEqual(
    names(captureDir).filter((name) => name.endsWith('.partial')),
    [],
  );
});

test('a rule that matches for ever fills nothing and starves nobody', async (t) => {
  const dir = tempDir(t);
  const found = await runForJson(
    program({
      rules: `[{ name: 'always', when: 'heapUsed > 1kB', actions: ['heapProfile'].map((type) => ({ type, seconds: 0.05 })),
        limits: { cooldown: 0.1, count: 50, per: '1h' } }]`,
      options: { limits: { total: 100, keep: 3 } },
      body: `
        const server = require('node:http').createServer((_, response) => response.end('ok')).listen(0);
        const answers = [];
        while (happened('done').length < 6) answers.push(await (await fetch('http://localhost:' + server.address().port)).text());
        await watcher.stop();
        server.close();
        server.closeAllConnections();
        console.log(JSON.stringify({ done: happened('done').length, failures: happened('failure'), answers: answers.length }));
      `,
    }),
    { env: envOf(dir) },
  );
  assert.deepEqual(found.failures, []);
  assert.ok(found.done >= 6);
  assert.ok(found.answers > 6, 'it answers in between');
  assert.ok(captures(dir).length <= 3);
});

test('what fails in actions, listeners and loggers stays out of the program', async (t) => {
  const dir = tempDir(t);
  const { stdout } = await runNode(
    program({
      rules: `[
        { name: 'throws', when: 'heapUsed > 1kB', actions: [() => { throw new Error('mine'); }] },
        { name: 'rejects', when: 'heapUsed > 1kB', actions: [async () => { throw new Error('mine too'); }] },
        { name: 'closed', when: 'heapUsed > 1kB', actions: [{ type: 'webhook', url: 'http://127.0.0.1:1/', retries: 0 }] },
      ]`,
      body: `
        process.on('uncaughtException', (error) => { console.log('uncaught ' + error.stack); process.exit(1); });
        watcher.on('fire', () => { throw new Error('a listener'); });
        await until(() => happened('done').length >= 3);
        console.log(JSON.stringify(happened('failure').map(({ rule, error }) => [rule, error.code])));
        await watcher.stop();`,
    }),
    { env: envOf(dir) },
  );
  const failures = JSON.parse(stdout.trim().split('\n').at(-1));
  assert.deepEqual(failures.map(([rule]) => rule).sort(), ['closed', 'rejects', 'throws']);
});

test('a watcher keeps no process alive, and leaves a black box that tells of a clean end', async (t) => {
  const dir = tempDir(t);
  await runNode(`rsprof.watch({ dir: process.env.DIR, logger: false });`, { env: envOf(dir) });
  assert.deepEqual(captures(dir), []);
  const { stdout } = await runNode('', {
    file: path.join(__dirname, '../../bin/rsprof.js'),
    args: [
      'blackbox',
      path.join(
        dir,
        names(dir).find((name) => name.startsWith('blackbox-')),
      ),
    ],
  });
  assert.match(stdout, /exit code 0/);
});

test('node --import rsprof/register: no change of code', async (t) => {
  const dir = tempDir(t);
  const app = path.join(dir, 'app.js');
  fs.writeFileSync(
    app,
    `globalThis.kept = Array.from({ length: 300000 }, (_, id) => ({ id }));
     setTimeout(() => { console.log('served'); process.exit(); }, 30000).unref();
     const wait = setInterval(() => {
       const names = require('node:fs').readdirSync(process.env.RSPROF_DIR);
       if (names.some((name) => /heapsnapshot.gz.json$/.test(name))) { clearInterval(wait); console.log('served'); }
     }, 50);`,
  );
  const captureDir = path.join(dir, 'captures');
  const env = {
    RSPROF_DIR: captureDir,
    TMPDIR: dir,
    RSPROF_RULES: JSON.stringify([{ when: 'heapUsed > 10MB', actions: ['heapSnapshot'] }]),
    RSPROF_LIMITS: JSON.stringify(ANY_MACHINE),
  };
  const register = path.join(__dirname, '../../register.js');
  const { stdout, stderr } = await runNode('', {
    file: app,
    env,
    nodeArgs: ['--import', register],
  });
  assert.equal(stdout, 'served\n');
  assert.match(stderr, /rsprof: rule .*heapUsed/);
  assert.equal(captures(captureDir).length, 1);
});

test('node --import rsprof/register: a mistake in the rules is a warning, and the program runs', async (t) => {
  const dir = tempDir(t);
  const app = path.join(dir, 'app.js');
  fs.writeFileSync(app, `console.log('served')`);
  const env = {
    RSPROF_DIR: dir,
    RSPROF_RULES: '[{"when":"heapUsd > 1GB","actions":["heapSnapshot"]}]',
  };
  const register = path.join(__dirname, '../../register.js');
  const { stdout, stderr } = await runNode('', {
    file: app,
    env,
    nodeArgs: ['--import', register],
  });
  assert.equal(stdout, 'served\n');
  assert.match(stderr, /does not watch this process: .*rules\[0\]\.when.*heapUsed/s);
});
