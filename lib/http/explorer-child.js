'use strict';

/**
 * The process that keeps one file open: it reads questions from its standard input, a line of JSON each,
 * and answers on descriptor 3 ({@link module:explorer-frames}). It ends with its input, whatever has
 * become of the process at the other end.
 *
 * @module
 */

const net = require('node:net');
const { createInterface } = require('node:readline');
const { RsprofError, toRsprofError } = require('../errors.js');
const { MAX_ANSWER, frame } = require('./explorer-frames.js');
const { size } = require('../units.js');
const { openFile } = require('./open-file.js');

/** What is told of an error's message. */
const MAX_MESSAGE = 4000;

/** Milliseconds between two looks at the memory. */
const LOOK_MS = 50;

const answers = new net.Socket({ fd: 3, readable: false, writable: true });
answers.on('error', () => process.exit(0));

/** By the number of the question. */
const running = new Map();

let file;

function send(head, body) {
  for (const part of frame(head, body)) answers.write(part);
}

function tooLarge(bytes) {
  const message = `the answer is too large (${bytes} bytes, and ${MAX_ANSWER} are allowed): ask for fewer rows, or export the file`;
  return new RsprofError('ERR_RSPROF_BUDGET', message);
}

function overBudget(used, most) {
  const message = `it took ${size(used)} of memory to open the file, and ${size(most)} were allowed; download and analyse elsewhere: npx rsprof analyze`;
  return new RsprofError('ERR_RSPROF_BUDGET', message);
}

/** Reads the file, as long as that takes no more memory than there is. */
async function open({ id, values }, controller) {
  const { path, memory } = values;
  const look = () => {
    const used = process.memoryUsage.rss();
    if (used > memory) controller.abort(overBudget(used, memory));
  };
  const timer = setInterval(look, LOOK_MS);
  const onProgress = (progress) => send({ id, progress });
  try {
    file = await openFile(path, { onProgress, signal: controller.signal });
    look();
    controller.signal.throwIfAborted();
    return JSON.stringify({ kind: file.kind });
  } catch (error) {
    throw controller.signal.reason instanceof RsprofError ? controller.signal.reason : error;
  } finally {
    clearInterval(timer);
  }
}

async function reply(asked) {
  const { id, question, values } = asked;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const text =
      question === 'open'
        ? await open(asked, controller)
        : await file.answer(question, values, { signal: controller.signal });
    const body = Buffer.from(text);
    if (body.length > MAX_ANSWER) throw tooLarge(body.length);
    send({ id }, body);
  } catch (error) {
    const { code, message } = toRsprofError(error, `answer ${question}`);
    send({ id, error: { code, message: message.slice(0, MAX_MESSAGE) } });
  } finally {
    running.delete(id);
  }
}

function receive(line) {
  const asked = JSON.parse(line);
  if ('cancel' in asked) running.get(asked.cancel)?.abort();
  else reply(asked);
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', receive);
lines.on('close', () => process.exit(0));
