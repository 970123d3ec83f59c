'use strict';

/**
 * A condition as a flat program: four integers an instruction, numbers and truths in fixed arrays. It runs each
 * second for every rule, so that it makes nothing: no objects, and no numbers that a function returns.
 *
 * Logic has three values: what compares with an unknown reading (NaN) is unknown, and so is its `not`;
 * `unknown and false` is false, `unknown or true` is true. Unknown at the end does not fire.
 *
 * @module
 */

const FALSE = 0;
const TRUE = 1;
const UNKNOWN = -1;

/** How much of a window the history must cover; with less, the answer would be that of another window. */
const COVERAGE = 0.8;

/**
 * Between two evaluations of `for` there may be this much, or three times the usual step: what is longer was not
 * watched (the process was stopped, the machine slept, the clock was set).
 */
const GAP_MS = 10_000;
const USUAL_STEPS = 3;

/** How fast the usual step follows the steps there are. */
const FOLLOWING = 0.2;

/** Words of an instruction: what, its operands, where the result goes. */
const SIZE = 4;

const names = (...all) => Object.freeze(Object.fromEntries(all.map((name, at) => [name, at])));

/** Those before COMPARE make numbers, the others truths. */
const OP = names(
  ...[
    'LOAD',
    'LOAD_PER_SECOND',
    'MEAN',
    'MIN',
    'MAX',
    'SUM',
    'SLOPE',
    'ADD',
    'SUBTRACT',
    'MULTIPLY',
  ],
  ...['DIVIDE', 'NEGATE', 'GREATER', 'GREATER_OR_EQUAL', 'EQUAL', 'NOT_EQUAL', 'AND', 'OR', 'NOT'],
  ...['HELD', 'LEAK', 'EVENT'],
);

const FIRST_TRUTH = OP.GREATER;
const FIRST_WINDOW = OP.MEAN;
const LAST_WINDOW = OP.SLOPE;

const not = (truth) => (truth === UNKNOWN ? UNKNOWN : TRUE - truth);

function and(a, b) {
  if (a === FALSE || b === FALSE) return FALSE;
  return a === TRUE && b === TRUE ? TRUE : UNKNOWN;
}

function or(a, b) {
  if (a === TRUE || b === TRUE) return TRUE;
  return a === FALSE && b === FALSE ? FALSE : UNKNOWN;
}

/** Of one verdict of the trend; `slot` has the confidence that is needed, NaN for the verdict's own. */
function leaks(verdict, numbers, slot) {
  if (!verdict) return UNKNOWN;
  if (numbers[slot] > 0) return verdict.confidence >= numbers[slot] ? TRUE : FALSE;
  return verdict.leaking ? TRUE : FALSE;
}

/** Takes places of numbers, not numbers: what is not handed over need not be made. */
function compare(operation, numbers, a, b) {
  if (Number.isNaN(numbers[a]) || Number.isNaN(numbers[b])) return UNKNOWN;
  switch (operation) {
    case OP.GREATER:
      return numbers[a] > numbers[b] ? TRUE : FALSE;
    case OP.GREATER_OR_EQUAL:
      return numbers[a] >= numbers[b] ? TRUE : FALSE;
    case OP.EQUAL:
      return numbers[a] === numbers[b] ? TRUE : FALSE;
    default:
      return numbers[a] === numbers[b] ? FALSE : TRUE;
  }
}

function overWindow(operation, numbers, history, index, window, out) {
  if (!(history.coverage(numbers[window]) >= COVERAGE * numbers[window])) {
    numbers[out] = Number.NaN;
    return;
  }
  switch (operation) {
    case OP.MEAN:
      numbers[out] = history.mean(index, numbers[window]);
      break;
    case OP.MIN:
      numbers[out] = history.min(index, numbers[window]);
      break;
    case OP.MAX:
      numbers[out] = history.max(index, numbers[window]);
      break;
    case OP.SUM:
      numbers[out] = history.sum(index, numbers[window]);
      break;
    default:
      numbers[out] = history.slope(index, numbers[window]);
  }
}

function calculate(operation, numbers, a, b, out) {
  switch (operation) {
    case OP.ADD:
      numbers[out] = numbers[a] + numbers[b];
      break;
    case OP.SUBTRACT:
      numbers[out] = numbers[a] - numbers[b];
      break;
    case OP.MULTIPLY:
      numbers[out] = numbers[a] * numbers[b];
      break;
    case OP.DIVIDE:
      // By nothing there is no quotient: unknown, not endless.
      numbers[out] = numbers[b] === 0 ? Number.NaN : numbers[a] / numbers[b];
      break;
    default:
      numbers[out] = -numbers[a];
  }
}

/** What `compile()` makes of a tree. */
class Program {
  #code;
  #initial;
  #numbers;
  #truths;
  #keys;
  #since;
  #lastTime = Number.NaN;
  #usualStep = 0;

  /** @param {Compiler} made */
  constructor({ code, constants, truthCount, keys, since }) {
    this.#code = Int32Array.from(code);
    this.#initial = Float64Array.from(constants);
    this.#numbers = Float64Array.from(constants);
    this.#truths = new Int8Array(truthCount).fill(UNKNOWN);
    this.#keys = keys;
    this.#since = since;
  }

  /** As if it had never run. */
  reset() {
    this.#numbers.set(this.#initial);
    this.#truths.fill(UNKNOWN);
    this.#lastTime = Number.NaN;
    this.#usualStep = 0;
  }

  /** The number at a place, as of the last run. */
  number(slot) {
    return this.#numbers[slot];
  }

  /** The truth at a place, as of the last run: 1, 0, or -1 for unknown. */
  truth(slot) {
    return this.#truths[slot];
  }

  /** @returns {boolean} whether it is true; unknown is not */
  run(context) {
    const code = this.#code;
    if (this.#since.length > 0) this.#follow(context);
    for (let at = 0; at < code.length; at += SIZE) {
      const operation = code[at];
      if (operation < FIRST_TRUTH) {
        this.#runNumber(operation, code[at + 1], code[at + 2], code[at + 3], context);
      } else this.#runTruth(operation, code[at + 1], code[at + 2], code[at + 3], context);
    }
    return this.#truths[this.#truths.length - 1] === TRUE;
  }

  /** What held so far holds no more where nobody looked for a while. */
  #follow({ now }) {
    const passed = now - this.#lastTime;
    const most = Math.max(GAP_MS, USUAL_STEPS * this.#usualStep);
    this.#lastTime = now;
    if (passed > 0) {
      const weight = this.#usualStep === 0 ? 1 : FOLLOWING;
      const step = this.#usualStep === 0 ? passed : Math.min(passed, most);
      this.#usualStep += weight * (step - this.#usualStep);
    }
    // The first time it is NaN: nothing has held yet.
    if (passed >= 0 && passed <= most) return;
    for (const slot of this.#since) this.#numbers[slot] = Number.NaN;
  }

  #runNumber(operation, a, b, out, { row, history }) {
    const numbers = this.#numbers;
    if (operation === OP.LOAD) numbers[out] = row[a];
    else if (operation === OP.LOAD_PER_SECOND) numbers[out] = row[a] / 1000;
    else if (operation >= FIRST_WINDOW && operation <= LAST_WINDOW)
      overWindow(operation, numbers, history, a, b, out);
    else calculate(operation, numbers, a, b, out);
  }

  #runTruth(operation, a, b, out, context) {
    const truths = this.#truths;
    switch (operation) {
      case OP.AND:
        truths[out] = and(truths[a], truths[b]);
        break;
      case OP.OR:
        truths[out] = or(truths[a], truths[b]);
        break;
      case OP.NOT:
        truths[out] = not(truths[a]);
        break;
      case OP.HELD:
        truths[out] = this.#hold(truths[a], b, context);
        break;
      case OP.LEAK:
        truths[out] = this.#leak(a, context.leak);
        break;
      case OP.EVENT:
        truths[out] = context.pulses.has(this.#keys[a]) ? TRUE : FALSE;
        break;
      default:
        truths[out] = compare(operation, this.#numbers, a, b);
    }
  }

  /** At `slot` is since when it holds, or NaN; behind it how long it must. */
  #hold(truth, slot, { now }) {
    const numbers = this.#numbers;
    if (truth !== TRUE) {
      numbers[slot] = Number.NaN;
      return truth;
    }
    if (Number.isNaN(numbers[slot])) numbers[slot] = now;
    return now - numbers[slot] >= numbers[slot + 1] ? TRUE : FALSE;
  }

  #leak(slot, leak) {
    const numbers = this.#numbers;
    return or(leaks(leak?.heap, numbers, slot), leaks(leak?.external, numbers, slot));
  }
}

const COMPARE = Object.freeze({
  '>': OP.GREATER,
  '>=': OP.GREATER_OR_EQUAL,
  '==': OP.EQUAL,
  '!=': OP.NOT_EQUAL,
});

/** Those that are others with their sides changed. */
const TURNED = Object.freeze({ '<': '>', '<=': '>=' });

const CALCULATE = Object.freeze({
  '+': OP.ADD,
  '-': OP.SUBTRACT,
  '*': OP.MULTIPLY,
  '/': OP.DIVIDE,
});

const WINDOW = Object.freeze({
  mean: OP.MEAN,
  min: OP.MIN,
  max: OP.MAX,
  sum: OP.SUM,
  slope: OP.SLOPE,
});

/** Makes the program; `slots` says where the value of each node is found. */
class Compiler {
  code = [];
  constants = [];
  keys = [];
  since = [];
  slots = new Map();
  truthCount = 0;

  #constant(value) {
    return this.constants.push(value) - 1;
  }

  #emit(operation, a, b, out) {
    this.code.push(operation, a, b, out);
    return out;
  }

  #makeNumber(operation, a, b = 0) {
    return this.#emit(operation, a, b, this.#constant(Number.NaN));
  }

  #makeTruth(operation, a, b = 0) {
    return this.#emit(operation, a, b, this.truthCount++);
  }

  add(node) {
    const slot = this[node.form](node);
    this.slots.set(node, slot);
    return slot;
  }

  literal({ value }) {
    return this.#constant(value);
  }

  reading({ reading: { index, divisor } }) {
    return this.#makeNumber(divisor === 1 ? OP.LOAD : OP.LOAD_PER_SECOND, index);
  }

  window({ call, reading: { index, divisor }, ms }) {
    const made = this.#makeNumber(WINDOW[call], index, this.#constant(ms));
    return divisor === 1 ? made : this.#makeNumber(OP.DIVIDE, made, this.#constant(divisor));
  }

  part({ share, of }) {
    return this.#makeNumber(OP.MULTIPLY, this.add(share), this.add(of));
  }

  negative({ of }) {
    return this.#makeNumber(OP.NEGATE, this.add(of));
  }

  arithmetic({ operator, left, right }) {
    return this.#makeNumber(CALCULATE[operator], this.add(left), this.add(right));
  }

  comparison({ operator, left, right }) {
    const [a, b] = [this.add(left), this.add(right)];
    const turned = TURNED[operator];
    return turned
      ? this.#makeTruth(COMPARE[turned], b, a)
      : this.#makeTruth(COMPARE[operator], a, b);
  }

  #several(operation, of) {
    return of.map((node) => this.add(node)).reduce((a, b) => this.#makeTruth(operation, a, b));
  }

  all({ of }) {
    return this.#several(OP.AND, of);
  }

  any({ of }) {
    return this.#several(OP.OR, of);
  }

  not({ of }) {
    return this.#makeTruth(OP.NOT, this.add(of));
  }

  held({ of, ms }) {
    const truth = this.add(of);
    const since = this.#constant(Number.NaN);
    this.#constant(ms);
    this.since.push(since);
    return this.#makeTruth(OP.HELD, truth, since);
  }

  leak({ confidence }) {
    return this.#makeTruth(OP.LEAK, this.#constant(confidence));
  }

  event({ trigger }) {
    return this.#makeTruth(OP.EVENT, this.keys.push(trigger.key) - 1);
  }
}

/**
 * @param {object} tree of parse.js
 * @returns {{ program: Program, slots: Map<object, number> }} `slots`: where the value of a node is after a run
 */
function compile(tree) {
  const compiler = new Compiler();
  compiler.add(tree);
  return { program: new Program(compiler), slots: compiler.slots };
}

module.exports = { COVERAGE, TRUE, UNKNOWN, compile };
