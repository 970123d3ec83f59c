'use strict';

/**
 * `npx rsprof`: streams, signals and exit codes around the commands.
 *
 * @module
 */

const { RsprofError } = require('../errors.js');
const version = require('../version.js');
const { UsageError, readArguments } = require('./arguments.js');
const { json, visible } = require('../escape.js');
const { COMMANDS: HELP, GENERAL } = require('./help.js');
const { ProgressBar, isLively } = require('./progress-bar.js');
const { hasColours, makeStyle } = require('./style.js');

/** Wrong use, or a failure; 1 means growth. */
const TROUBLE = 2;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Columns of a page: no wider than can be read, also where there is no terminal. */
const WIDEST = 100;
const NARROWEST = 60;

function columnsOf(stream) {
  return Math.max(NARROWEST, Math.min(WIDEST, stream.columns || WIDEST));
}

/** The reader of a pipe may have seen enough: `| head` is no failure. */
function ignoreClosedPipes() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
}

/** The first Ctrl-C ends the analysis, and leaves nothing; the second ends the process at once. */
function listenForSignals(controller) {
  let received;
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      received = signal;
      controller.abort();
    });
  }
  return () => received;
}

/** Started by another process that is gone now, nobody waits for the answer. */
function followParent(controller) {
  if (!process.channel) return;
  process.once('disconnect', () => controller.abort());
  process.channel.unref();
}

function printHelp(topic) {
  if (topic !== undefined && !Object.hasOwn(HELP, topic))
    throw new UsageError(`there is no command ${topic}`);
  process.stdout.write(HELP[topic] ?? GENERAL);
  return 0;
}

/** What a command sees of the world. */
function makeIo(wanted, signal) {
  const { stdout, stderr, env } = process;
  const bar = new ProgressBar(stderr, makeStyle(hasColours(stderr, env)));
  const options = { signal };
  if (isLively(stderr, env)) options.onProgress = (progress) => bar.draw(progress);
  const look = {
    style: makeStyle(hasColours(stdout, env)),
    columns: columnsOf(stdout),
    names: wanted.files,
  };
  return {
    options,
    look,
    bar,
    out(text) {
      bar.clear();
      stdout.write(text);
    },
    note(text) {
      bar.clear();
      stderr.write(`rsprof: ${visible(text)}\n`);
    },
  };
}

/** A program that asked for JSON gets its errors as JSON too. */
function complain(error, wanted, io) {
  const known = error instanceof RsprofError;
  if (wanted.values.json) {
    const { code = 'ERR_RSPROF_INTERNAL', message } = known ? error : { message: String(error) };
    io.out(`${json({ error: { code, message } }, 2)}\n`);
  }
  const text = known ? error.message.replace(/^rsprof /, '') : (error.stack ?? String(error));
  io.note(known ? `${text} (${error.code})` : text);
}

async function runCommand(wanted) {
  const controller = new AbortController();
  const received = listenForSignals(controller);
  followParent(controller);
  const io = makeIo(wanted, controller.signal);
  try {
    return await require('./commands.js')[wanted.command](wanted, io);
  } catch (error) {
    io.bar.clear();
    // Ended by a signal, as the shell should see it; its listener is gone.
    if (received()) return process.kill(process.pid, received());
    if (!controller.signal.aborted) complain(error, wanted, io);
    return TROUBLE;
  }
}

async function run(args) {
  const wanted = readArguments(args);
  if (wanted.command === 'help') return printHelp(wanted.topic);
  if (wanted.command === 'version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  return runCommand(wanted);
}

/**
 * Runs the command line and sets the exit code.
 *
 * @param {string[]} args without node and script
 * @returns {Promise<void>}
 */
async function main(args) {
  ignoreClosedPipes();
  try {
    process.exitCode = await run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const help = error.command ? `npx rsprof ${error.command} --help` : 'npx rsprof --help';
    process.stderr.write(`rsprof: ${visible(error.message)}\nTry: ${help}\n`);
    process.exitCode = TROUBLE;
  }
}

module.exports = { main };
