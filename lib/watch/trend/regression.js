'use strict';

/**
 * Least squares by modified Gram-Schmidt, with numbers in memory that is made once. Each column is centred, which
 * stands for the constant, and made orthogonal to those before it; the coefficient of the last column and how each
 * row weighs in it come out at once (Frisch-Waugh-Lovell), and that is what standard errors need.
 *
 * @module
 */

/** A column of which less than this is left beside those before it says nothing of its own. */
const COLLINEAR = 1e-5;

class Regression {
  /** @param {number} rows @param {number} columns at most */
  constructor(rows, columns) {
    this.columns = Array.from({ length: columns }, () => new Float64Array(rows));
    this.used = new Uint8Array(columns);
    this.squares = new Float64Array(columns);
    this.residuals = new Float64Array(rows);
    /** Parts of earlier columns in later ones, and coefficients beside the columns before. */
    this.parts = new Float64Array(columns * columns);
    this.own = new Float64Array(columns);
    this.solved = new Float64Array(columns);
    this.start(0);
  }

  /** Begins with `rows` values, which the caller writes to `residuals` before `centre()`. */
  start(rows) {
    this.rows = rows;
    this.count = 0;
    /** Parameters fitted, the constant included. */
    this.parameters = 1;
  }

  /** Takes the mean from the values. */
  centre() {
    centre(this.residuals, this.rows);
    this.total = sumOfSquares(this.residuals, this.rows);
  }

  /** The column to fill next. */
  next() {
    return this.columns[this.count];
  }

  /**
   * Makes the column that was filled orthogonal to those before and takes its part out of the values.
   *
   * @returns {number} its coefficient beside the columns before it; 0 when it depends on them
   */
  project() {
    const at = this.count++;
    const column = this.columns[at];
    centre(column, this.rows);
    const before = sumOfSquares(column, this.rows);
    // Twice: once leaves rounding errors where columns are nearly parallel.
    this.parts.fill(0, at * this.own.length, (at + 1) * this.own.length);
    this.#orthogonalise(column, at);
    this.#orthogonalise(column, at);
    const left = sumOfSquares(column, this.rows);
    this.used[at] = left > before * COLLINEAR * COLLINEAR && left > 0 ? 1 : 0;
    this.squares[at] = left;
    this.own[at] = 0;
    if (!this.used[at]) return 0;
    this.parameters += 1;
    const coefficient = product(column, this.residuals, this.rows) / left;
    this.own[at] = coefficient;
    subtract(this.residuals, column, coefficient, this.rows);
    return coefficient;
  }

  #orthogonalise(column, before) {
    for (let at = 0; at < before; at++) {
      if (!this.used[at]) continue;
      const other = this.columns[at];
      const part = product(column, other, this.rows) / this.squares[at];
      this.parts[before * this.own.length + at] += part;
      subtract(column, other, part, this.rows);
    }
  }

  /** Coefficients of all columns beside each other, by substitution from the last. */
  solve() {
    const width = this.own.length;
    for (let at = this.count - 1; at >= 0; at--) {
      let value = this.own[at];
      for (let later = at + 1; later < this.count; later++) {
        value -= this.parts[later * width + at] * this.solved[later];
      }
      this.solved[at] = this.used[at] ? value : 0;
    }
    return this.solved;
  }

  /** Sum of squares of what is not explained. */
  unexplained() {
    return sumOfSquares(this.residuals, this.rows);
  }
}

function centre(values, rows) {
  let mean = 0;
  for (let row = 0; row < rows; row++) mean += values[row];
  mean /= rows;
  for (let row = 0; row < rows; row++) values[row] -= mean;
}

function product(left, right, rows) {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += left[row] * right[row];
  return sum;
}

function sumOfSquares(values, rows) {
  return product(values, values, rows);
}

function subtract(values, column, factor, rows) {
  for (let row = 0; row < rows; row++) values[row] -= column[row] * factor;
}

module.exports = { Regression };
