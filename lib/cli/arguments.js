'use strict';

/**
 * The command line: which command, its files and its options. Whatever is wrong with it is a
 * {@link UsageError}, exit code 2.
 *
 * @module
 */

const { parseArgs } = require('node:util');
const { parseId } = require('../inspect.js');
const { OPTIONS } = require('../options.js');
const { parseSize } = require('../units.js');

class UsageError extends Error {
  /**
   * @param {string} message
   * @param {string} [command] whose help is worth reading
   */
  constructor(message, command) {
    super(message);
    this.command = command;
  }
}

const flag = { type: 'boolean' };
const value = { type: 'string' };

/** Options of each command, which of them it cannot do without, how many files it takes, and what they are called. */
const COMMANDS = Object.freeze({
  analyze: {
    options: { json: flag, markdown: flag, html: value, top: value },
    operands: ['FILE'],
    most: 1,
  },
  diff: {
    options: { json: flag, markdown: flag, top: value, 'fail-on-growth': value },
    operands: ['A', 'B'],
    most: Infinity,
  },
  inspect: { options: { json: flag, limit: value }, operands: ['FILE', '@ID'], most: 2 },
  signature: { options: { out: value }, operands: ['FILE'], most: 1 },
  export: {
    options: { format: value, out: value },
    needed: ['format', 'out'],
    operands: ['FILE'],
    most: 1,
  },
  rules: { options: { json: flag, history: value }, operands: ['check', 'FILE'], most: 2 },
  blackbox: { options: { json: flag, minutes: value }, operands: ['FILE'], most: 1 },
  migrate: {
    options: { 'dry-run': flag, undo: flag, force: flag },
    operands: [],
    most: Infinity,
  },
});

/** As far back as a black box reaches: a day. */
const MINUTES = Object.freeze({ min: 1, max: 1440 });

const COMMON = Object.freeze({
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
});

/** `node:util` explains at length; its first sentence is what the user needs. */
function explain(error) {
  const unknown = /^Unknown option '([^']*)'/.exec(error.message);
  return unknown ? `there is no option ${unknown[1]}` : error.message.split('. ')[0];
}

function parse(args, options, command) {
  try {
    return parseArgs({ args, options: { ...COMMON, ...options }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(explain(error), command);
  }
}

function readInteger(text, option, command, row) {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= row.min && number <= row.max) return number;
  throw new UsageError(
    `--${option} is an integer from ${row.min} to ${row.max}; got ${text}`,
    command,
  );
}

function readGrowth(text, command) {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw new UsageError(`--fail-on-growth is a size such as 5MB or 300kB; got ${text}`, command);
}

function readOperandId(text, command) {
  const id = parseId(text);
  if (id !== undefined) return id;
  throw new UsageError(`an object is named by its id, such as @65893; got ${text}`, command);
}

function checkOperands(operands, command) {
  const { operands: names, most } = COMMANDS[command];
  if (operands.length < names.length) {
    const missing = names.slice(operands.length).join(' and ');
    throw new UsageError(`${command} needs ${missing}`, command);
  }
  if (operands.length > most) {
    throw new UsageError(`${command} does not take ${operands[most]}: one file at a time`, command);
  }
}

/** There is one thing to be done with rules. */
function readRulesOperands([verb, ...files]) {
  if (verb === 'check') return files;
  throw new UsageError(`rules does not know ${verb}; there is: rules check FILE`, 'rules');
}

function checkExport(values, command) {
  const missing = COMMANDS[command].needed?.find((option) => values[option] === undefined);
  if (missing !== undefined) throw new UsageError(`${command} needs --${missing}`, command);
  const formats = OPTIONS.format.values;
  if (values.format === undefined || formats.includes(values.format)) return;
  throw new UsageError(`--format is one of ${formats.join(', ')}; got ${values.format}`, command);
}

/** Checks the values that are not texts, and gives them their names. */
function readValues(values, command) {
  const { top, limit, minutes, 'fail-on-growth': growth, ...rest } = values;
  const read = { ...rest };
  if (top !== undefined) read.top = readInteger(top, 'top', command, OPTIONS.top);
  if (limit !== undefined) read.limit = readInteger(limit, 'limit', command, OPTIONS.limit);
  if (minutes !== undefined) read.minutes = readInteger(minutes, 'minutes', command, MINUTES);
  if (growth !== undefined) read.failOnGrowth = readGrowth(growth, command);
  checkExport(read, command);
  if (read.json && read.markdown) {
    throw new UsageError('--json and --markdown exclude each other', command);
  }
  return read;
}

function checkCommand(command) {
  if (Object.hasOwn(COMMANDS, command)) return;
  const known = Object.keys(COMMANDS).join(', ');
  throw new UsageError(`there is no command ${command}; there are ${known}`);
}

/** `rsprof`, `rsprof --help`, `rsprof help diff`: what is asked for before any command. */
function readGeneral(args) {
  if (args[0] === 'help') return { command: 'help', topic: args[1] };
  const { values } = parse(args, {});
  if (values.version) return { command: 'version' };
  if (values.help) return { command: 'help' };
  throw new UsageError('a command is missing');
}

/**
 * @param {string[]} args without node and script
 * @returns {{ command: string, files?: string[], id?: number, values?: object, topic?: string }}
 * @throws {UsageError}
 */
function readArguments(args) {
  const [command] = args;
  if (command === undefined || command.startsWith('-') || command === 'help')
    return readGeneral(args);
  checkCommand(command);
  const { values, positionals } = parse(args.slice(1), COMMANDS[command].options, command);
  if (values.help) return { command: 'help', topic: command };
  if (values.version) return { command: 'version' };
  checkOperands(positionals, command);
  const read = { command, files: positionals, values: readValues(values, command) };
  if (command === 'rules') return { ...read, files: readRulesOperands(positionals) };
  if (command !== 'inspect') return read;
  return { ...read, files: [positionals[0]], id: readOperandId(positionals[1], command) };
}

module.exports = { UsageError, readArguments };
