'use strict';

/** The explorer with processes that do what a test asks for. What they really do is in ../http. */

const assert = require('node:assert/strict');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { Explorer } = require('../../lib/http/explorer.js');
const { MOST_AT_ONCE, MOST_WAITING } = require('../../lib/http/explorer-session.js');
const { assertIdle, code, listeners, tempDir, until } = require('./support.js');

test.afterEach(assertIdle);

/** Answers each question with its name and number; `open` with the kind. `more` is put before. */
const ANSWERS = (more = '') => `
const out = (head, body = '') => require('node:fs').writeSync(3, JSON.stringify(head) + '\\n' + body);
const reply = (id, value) => {
  const body = JSON.stringify(value);
  out({ id, bytes: Buffer.byteLength(body) }, body);
};
const answer = ({ id, question, values, cancel }) => {
  ${more}
  if (cancel) return;
  if (question === 'open') return reply(id, { kind: 'heapSnapshot' });
  reply(id, { question, ...values });
};
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => answer(JSON.parse(line))).on('close', () => process.exit());
`;

/** Processes that run `script` in the place of the explorer's. */
function useChild(t, script) {
  const started = [];
  const { spawn } = childProcess;
  t.mock.method(childProcess, 'spawn', (file, args, options) => {
    const child = spawn(file, ['-e', script], options);
    started.push({ args, options, child });
    return child;
  });
  return started;
}

const usual = { availableBytes: () => 2 ** 40 };

/** An explorer, and some files. */
function setUp(t, script, options) {
  const started = useChild(t, script);
  const explorer = new Explorer({ ...usual, ...options });
  t.after(() => explorer.close());
  const dir = tempDir(t);
  const files = ['a', 'b', 'c'].map((name) => {
    fs.writeFileSync(path.join(dir, name), '{}');
    return path.join(dir, name);
  });
  return { started, explorer, files };
}

const isGone = ({ child }) => child.exitCode !== null || child.signalCode !== null;

test('made and closed it starts nothing, and closed it opens nothing', async (t) => {
  const { started, explorer, files } = setUp(t, ANSWERS());
  explorer.forget(files[0]);
  assert.deepEqual(explorer.processes, []);
  explorer.close();
  await assert.rejects(explorer.open(files[0]), code('NOT_OPEN'));
  assert.equal(started.length, 0);
});

test('the process is started without options of this one, and steps back', async (t) => {
  for (const name of ['NODE_OPTIONS', 'RSPROF_TOP']) {
    process.env[name] = '--require=nowhere';
    t.after(() => delete process.env[name]);
  }
  const { started, explorer, files } = setUp(t, ANSWERS());
  assert.equal((await explorer.open(files[0])).question, 'report');
  const { args, options, child } = started[0];
  assert.ok(fs.existsSync(args[0]));
  for (const name of Object.keys(options.env)) assert.doesNotMatch(name, /^(NODE|RSPROF)_/);
  assert.deepEqual(explorer.processes, [{ file: files[0], pid: child.pid, isOpen: true }]);
  if (os.platform() !== 'linux') return;
  assert.equal(os.getPriority(child.pid), os.constants.priority.PRIORITY_LOW);
  assert.equal(fs.readFileSync(`/proc/${child.pid}/oom_score_adj`, 'utf8'), '1000\n');
});

test('who opens a file that is being opened waits for the same; the last one to leave ends it', async (t) => {
  const { started, explorer, files } = setUp(t, ANSWERS("if (question === 'open') return;"));
  const [one, other] = [new AbortController(), new AbortController()];
  const opens = [one, other].map(({ signal }) => explorer.open(files[0], { signal }));
  for (const open of opens) open.catch(() => {});
  await until(() => started.length === 1);
  one.abort(new Error('enough'));
  await assert.rejects(
    opens[0],
    code('ABORTED', ({ cause }) => cause.message === 'enough'),
  );
  assert.ok(!isGone(started[0]));
  assert.equal(explorer.processes.length, 1);
  assert.equal(explorer.isOpen(files[0]), false);
  other.abort();
  await assert.rejects(opens[1], code('ABORTED'));
  await until(() => isGone(started[0]));
  assert.equal(started[0].child.signalCode, 'SIGKILL');
  assert.deepEqual(explorer.processes, []);
  assert.equal(listeners(one.signal) + listeners(other.signal), 0);
});

test('an aborted question ends only the waiting for it', async (t) => {
  const silent = "if (question === 'inspect' && values.id === 1) return;";
  const { started, explorer, files } = setUp(t, ANSWERS(silent));
  await explorer.open(files[0]);
  const controller = new AbortController();
  const { signal } = controller;
  const asked = explorer.ask(files[0], 'inspect', { id: 1 }, { signal });
  controller.abort();
  await assert.rejects(asked, code('ABORTED'));
  assert.equal(listeners(signal), 0);
  assert.equal((await explorer.ask(files[0], 'inspect', { id: 2 })).id, 2);
  await assert.rejects(explorer.ask(files[0], 'inspect', { id: 3 }, { signal }), code('ABORTED'));
  assert.ok(!isGone(started[0]) && started.length === 1);
});

test('some questions wait for others, too many are refused, an aborted one is never sent', async (t) => {
  const held = `
  if (question === 'inspect' && values.id < 100) return void (globalThis.held ??= []).push(id);
  if (cancel) return reply(cancel, {});
  if (question === 'inspect' && values.id === 666) process.exit(9);`;
  const { explorer, files } = setUp(t, ANSWERS(held));
  await explorer.open(files[0]);
  const [file] = files;
  const hold = new AbortController();
  const asked = [];
  const ask = (id, signal) => {
    const answer = explorer.ask(file, 'inspect', { id }, { signal });
    answer.catch(() => {});
    asked.push(answer);
    return answer;
  };
  for (let id = 0; id < MOST_AT_ONCE; id++) ask(id, hold.signal);
  const never = new AbortController();
  const deadly = ask(666, never.signal);
  for (let id = 1; id < MOST_WAITING; id++) ask(1000 + id);
  await assert.rejects(ask(5000), code('BUSY'));
  never.abort();
  await assert.rejects(deadly, code('ABORTED'));
  hold.abort();
  assert.equal((await asked.at(-2)).id, 1000 + MOST_WAITING - 1);
});

test('of a process that ends, everyone who waits is told, and the file can be opened again', async (t) => {
  const ends = {
    'process.kill(process.pid, "SIGKILL")': /ended by SIGKILL \(the kernel does that when memory/,
    'process.exit(3)': /ended with exit code 3; open/,
    'throw new TypeError("the reason")': /exit code (1|7): TypeError: the reason/,
  };
  for (const [act, message] of Object.entries(ends)) {
    const { explorer, files } = setUp(t, ANSWERS(`if (question === 'classes') ${act};`));
    await explorer.open(files[0]);
    const asked = [explorer.ask(files[0], 'classes'), explorer.ask(files[0], 'dominators')];
    for (const one of await Promise.allSettled(asked)) {
      // The second may have been answered before.
      if (one.status === 'fulfilled') assert.equal(one.value.question, 'dominators');
      else code('FORK', (error) => message.test(error.message))(one.reason);
    }
    await assert.rejects(asked[0], code('FORK'));
    await assert.rejects(explorer.ask(files[0], 'classes'), code('NOT_OPEN'));
    assert.equal((await explorer.open(files[0])).question, 'report');
    t.mock.restoreAll();
  }
});

test('a process that ends while it reads, or cannot be started', async (t) => {
  const { explorer, files } = setUp(t, 'process.kill(process.pid, "SIGKILL")');
  await assert.rejects(explorer.open(files[0]), code('FORK'));
  assert.deepEqual(explorer.processes, []);
  t.mock.restoreAll();
  for (const [system, own] of Object.entries({ ERR_ACCESS_DENIED: 'ACCESS', EAGAIN: 'FORK' })) {
    t.mock.method(childProcess, 'spawn', () => {
      throw Object.assign(new Error(system), { code: system });
    });
    await assert.rejects(explorer.open(files[0]), code(own));
    t.mock.restoreAll();
  }
  const { spawn } = childProcess;
  t.mock.method(childProcess, 'spawn', (_, args, options) => spawn('/nowhere/node', args, options));
  await assert.rejects(
    explorer.open(files[0]),
    code('FORK', ({ message }) => /ENOENT/.test(message)),
  );
  assert.deepEqual(explorer.processes, []);
});

test('a process that talks nonsense, or too much, is ended', async (t) => {
  for (const text of ['nonsense', '{"id":1,"bytes":99999999999}', '[]x', 'null']) {
    const script = ANSWERS(`if (question === 'classes') return out(${JSON.stringify(text)});`);
    const raw = script.replace(
      'JSON.stringify(head) + ',
      "(typeof head === 'string' ? head : JSON.stringify(head)) + ",
    );
    const { started, explorer, files } = setUp(t, raw);
    await explorer.open(files[0]);
    await assert.rejects(
      explorer.ask(files[0], 'classes'),
      code('INTERNAL', ({ message }) => /talks nonsense/.test(message)),
    );
    await until(() => isGone(started[0]));
    t.mock.restoreAll();
  }
});

test('answers to what nobody asked are not heard, and an unknown code is a defect', async (t) => {
  const script = ANSWERS(`
  if (question === 'classes') { reply(77, {}); out({ id: 78, error: {} }); out({ id: 79, progress: 1 }); }
  if (question === 'dominators') return out({ id, error: { code: 'EVIL', message: 'words' } });`);
  const { explorer, files } = setUp(t, script);
  await explorer.open(files[0]);
  assert.equal((await explorer.ask(files[0], 'classes')).question, 'classes');
  await assert.rejects(
    explorer.ask(files[0], 'dominators'),
    code('INTERNAL', ({ message }) => message === 'words'),
  );
});

test('for a third file the one that was used least recently is closed', async (t) => {
  const { started, explorer, files } = setUp(t, ANSWERS());
  const [a, b, c] = files;
  await explorer.open(a);
  await explorer.open(b);
  await explorer.ask(a, 'classes');
  await explorer.open(c);
  assert.deepEqual(
    files.map((file) => explorer.isOpen(file)),
    [true, false, true],
  );
  await until(() => isGone(started[1]));
  assert.deepEqual(started.map(isGone), [false, true, false]);
  await assert.rejects(
    explorer.ask(b, 'classes'),
    code('NOT_OPEN', ({ message }) => message.startsWith('b is not open')),
  );
  await explorer.open(b);
  assert.equal(explorer.isOpen(a), false);
});

test('whoever waits for a file that is closed for another one is told so', async (t) => {
  const silent = "if (question === 'open' && values.path.endsWith('a')) return;";
  const { explorer, files } = setUp(t, ANSWERS(silent), { most: 1 });
  const open = explorer.open(files[0]);
  open.catch(() => {});
  await until(() => explorer.processes[0]?.pid);
  await explorer.open(files[1]);
  await assert.rejects(
    open,
    code('NOT_OPEN', ({ message }) => /closed for another file/.test(message)),
  );
});

test('nobody asks for a while: closed', async (t) => {
  const { started, explorer, files } = setUp(t, ANSWERS(), { idleMs: 30 });
  await explorer.open(files[0]);
  await until(() => !explorer.isOpen(files[0]));
  await until(() => isGone(started[0]));
  assert.deepEqual(explorer.processes, []);
  await assert.rejects(explorer.ask(files[0], 'classes'), code('NOT_OPEN'));
});

test('a question that waits is no idleness', async (t) => {
  const slow =
    "if (question === 'classes') return void setTimeout(() => reply(id, { late: 1 }), 200);";
  const { explorer, files } = setUp(t, ANSWERS(slow), { idleMs: 20 });
  await explorer.open(files[0]);
  const late = explorer.ask(files[0], 'classes');
  // The end of another one does not make it idle.
  await explorer.ask(files[0], 'dominators');
  assert.deepEqual(await late, { late: 1 });
  await until(() => !explorer.isOpen(files[0]));
});

test('a file that has changed is read again; one that is gone is not', async (t) => {
  const { started, explorer, files } = setUp(t, ANSWERS());
  await explorer.open(files[0]);
  await explorer.open(files[0]);
  assert.equal(started.length, 1);
  fs.appendFileSync(files[0], ' ');
  await explorer.open(files[0]);
  assert.equal(started.length, 2);
  fs.rmSync(files[0]);
  assert.equal((await explorer.ask(files[0], 'classes')).question, 'classes');
  await assert.rejects(explorer.open(files[0]), code('NOT_FOUND'));
  explorer.forget(files[0]);
  await until(() => started.every(isGone));
});

test('where memory is short nothing is started, and the figures are told', async (t) => {
  let available = 2 ** 40;
  const { started, explorer, files } = setUp(t, ANSWERS(), { availableBytes: () => available });
  await explorer.open(files[0]);
  available = 50 << 20;
  const short = code('BUDGET', ({ message }) =>
    /memory to open b: about 60\.0 MB are needed, and 40\.0 MB \(of 50\.0 MB/.test(message),
  );
  await assert.rejects(explorer.open(files[1]), short);
  // What was open went first: it might have sufficed.
  assert.equal(explorer.isOpen(files[0]), false);
  assert.equal(started.length, 1);
  await assert.rejects(explorer.compare(files[0], files[1]), code('BUDGET'));
});

test('of packed files the length of the text counts', async (t) => {
  const zlib = require('node:zlib');
  const explorer = new Explorer({ availableBytes: () => 100 << 20 });
  const dir = tempDir(t);
  const file = path.join(dir, 'a.heapsnapshot.gz');
  fs.writeFileSync(file, zlib.gzipSync(Buffer.alloc(32 << 20, 32)));
  await assert.rejects(
    explorer.open(file),
    code('BUDGET', ({ message }) => /about 114\.4 MB are needed/.test(message)),
  );
});

test('what cannot be asked of a kind of file is told', async (t) => {
  const { explorer, files } = setUp(t, ANSWERS());
  const invalid = (text) => code('INVALID_ARG', ({ message }) => message.includes(text));
  await explorer.open(files[0]);
  await assert.rejects(explorer.ask(files[0], 'flame'), invalid('a is not a profile'));
  await assert.rejects(explorer.ask(files[0], 'export'), invalid("no question 'export'"));
  await assert.rejects(explorer.ask(files[0], 'open'), invalid("no question 'open'"));
  await assert.rejects(explorer.exportTo(files[0], 'pprof', 'x'), invalid('a is not a profile'));
  await assert.rejects(explorer.exportTo(files[0], 'svg', 'x'), invalid("no format 'svg'"));
});
