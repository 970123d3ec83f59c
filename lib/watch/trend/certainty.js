'use strict';

/**
 * From a number of standard errors to a confidence and back.
 *
 * @module
 */

/** Student's t with this freedom as the normal deviate that is as rare (Wallace, 1959; within 0.1 %). */
function toNormal(t, freedom) {
  const normal = Math.sqrt(freedom * Math.log1p((t * t) / freedom));
  return (Math.sign(t) * normal * (8 * freedom + 1)) / (8 * freedom + 3);
}

/** The other way round. */
function toStudent(normal, freedom) {
  const scaled = (normal * (8 * freedom + 3)) / (8 * freedom + 1);
  return Math.sign(normal) * Math.sqrt(freedom * Math.expm1((scaled * scaled) / freedom));
}

/** The probability that a normal deviate is less (Abramowitz and Stegun 26.2.17, within 1e-7). */
function below(normal) {
  const t = 1 / (1 + 0.2316419 * Math.abs(normal));
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = 0.3989422804014327 * Math.exp((-normal * normal) / 2) * series;
  return normal > 0 ? 1 - tail : tail;
}

/**
 * The confidence that a deviate is not chance although one looked after every one of `looks` points: the inverse of
 * the mixture likelihood ratio, which by Ville's inequality is rarely large at any time at all (Robbins,
 * Statistical methods related to the law of the iterated logarithm, Ann. Math. Statist. 41, 1970).
 */
function afterManyLooks(normal, looks) {
  if (!(normal > 0)) return 0;
  const ratio = Math.sqrt(1 + looks) * Math.exp((-normal * normal * looks) / (2 * (1 + looks)));
  return 1 - Math.min(1, ratio);
}

module.exports = { afterManyLooks, below, toNormal, toStudent };
