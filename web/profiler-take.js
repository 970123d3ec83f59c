'use strict';

/**
 * The buttons that capture, each with what it will cost.
 *
 * @module
 */

const { button, element, uniqueId } = require('./dom.js');
const { confirmed, section } = require('./profiler-dom.js');
const { duration } = require('./profiler-format.js');
const { TIMED, forecastText } = require('./profiler-forecast.js');
const { attempt, page } = require('./profiler-page.js');
const { texts } = require('./profiler-texts.js');

const SECONDS = [5, 10, 30, 60, 120, 300];
const USUAL_SECONDS = 10;

function makeSeconds() {
  const most = page.status.maxSeconds;
  const few = SECONDS.filter((one) => one <= most);
  return element(
    'select',
    { 'aria-label': texts('seconds') },
    ...(few.length > 0 ? few : [most]).map((value) =>
      element('option', { value, selected: value === USUAL_SECONDS }, duration(value * 1000)),
    ),
  );
}

const isCapture = ({ kind }) => kind !== 'analysis' && kind !== 'comparison';

function makeKind({ kind, route }) {
  const seconds = TIMED.includes(kind) && makeSeconds();
  const verb = texts(seconds ? 'record' : 'take');
  const name = texts(`kind.${kind}`);
  const cost = element('p.cost', { id: uniqueId('cost') }, texts('costLoading'));
  const labels = { 'aria-label': `${verb}: ${name}`, 'aria-describedby': cost.id };
  const start = button(verb, takeIt, labels);

  async function takeIt() {
    const forecast = page.forecast?.[kind];
    if (forecastText(kind, forecast).isLong) {
      const question = texts('confirmPause', { time: duration(forecast.pauseMs) });
      if (!(await confirmed(question, verb, texts('cancel')))) return;
    }
    start.disabled = true;
    const query = seconds ? `?seconds=${seconds.value}` : '';
    const operation = await attempt(() => page.api.post(`captures/${route}${query}`));
    if (operation) page.operationChanged(operation);
    update();
  }

  function update() {
    const { status, forecast, operations, lostAt } = page;
    const { available, reason } = status.kinds.find((one) => one.kind === kind) ?? {};
    const isBusy = operations.some((one) => one.state === 'running' && isCapture(one));
    const { text, isRefused, isLong } = forecast
      ? forecastText(kind, forecast[kind])
      : { text: texts('costLoading') };
    cost.textContent = available ? text : texts('notHere', { reason });
    cost.classList.toggle('alarm', Boolean(available && (isRefused || isLong)));
    start.disabled = !available || isBusy || Boolean(isRefused || lostAt);
    start.title = isBusy ? texts('busy') : '';
    if (seconds) seconds.disabled = start.disabled;
  }

  const about = element('p.soft', texts(`for.${kind}`));
  const buttons = element('div.buttons', start, seconds);
  return { element: element('li.panel', element('h3', name), about, cost, buttons), update };
}

function makeTake() {
  const { can, kinds } = page.status;
  const made = can.act ? kinds.map(makeKind) : [];
  const list = element('ul.take', ...made.map(({ element }) => element));
  const note = !can.act && element('p.soft', texts('readOnly'));
  return {
    element: section(texts('capture'), [note], list),
    /** After the forecast, the status or an operation changed. */
    update() {
      for (const { update } of made) update();
    },
  };
}

module.exports = { makeTake };
