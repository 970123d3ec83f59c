'use strict';

/**
 * The page as a whole: asks for what is shown, and tells its parts when it has changed.
 *
 * @module
 */

const { ENDED } = require('./api.js');
const { makeCaptures } = require('./profiler-captures.js');
const { makeCharts } = require('./profiler-charts.js');
const { button, element } = require('./dom.js');
const { errorText } = require('./profiler-errors.js');
const { makeHead } = require('./profiler-head.js');
const { follow } = require('./profiler-live.js');
const { makeOperations } = require('./profiler-operations.js');
const { attempt, page, problem, spoken } = require('./profiler-page.js');
const { routeOf } = require('./profiler-route.js');
const { makeRules } = require('./profiler-rules.js');
const { makeTake } = require('./profiler-take.js');
const { texts } = require('./profiler-texts.js');
const { makeView } = require('./profiler-view.js');

const STATUS_MS = 15_000;
const FORECAST_MS = 30_000;
const MOST_OPERATIONS = 100;

/** @param {HTMLElement} root @param {(language: string) => void} speak */
async function start(root, speak) {
  root.replaceChildren(element('p.page', { role: 'status' }, texts('loading')));
  try {
    page.status = await page.api.get('status');
  } catch (error) {
    // Without a status there is no page.
    const again = button(texts('retry'), () => start(root, speak));
    const text = element('p', { role: 'alert' }, errorText(error));
    root.replaceChildren(element('main.page', element('h1', 'rsprof'), text, again));
    return;
  }
  run(root, speak);
}

function makeParts(speak) {
  const [head, take, operations] = [makeHead(speak), makeTake(), makeOperations()];
  const [charts, captures, rules, view] = [makeCharts(), makeCaptures(), makeRules(), makeView()];
  const overview = element(
    'div',
    head.health,
    take.element,
    operations.element,
    charts.element,
    element('div.columns', captures.element, rules.element),
  );
  return { head, take, operations, charts, captures, rules, view, overview };
}

function place(root, { head, overview, view }) {
  const { version, access } = page.status;
  const main = element('main.page', { tabindex: -1 }, head.lost, problem, overview, view.element);
  const skip = button(texts('skip'), () => main.focus(), { class: 'skip' });
  const risk = access === 'unsafe' ? ` · ${texts('unsafe')}` : '';
  const foot = element('footer.page', `rsprof ${version}${risk}`);
  root.replaceChildren(skip, head.element, main, foot, spoken);
}

function run(root, speak) {
  const parts = makeParts(speak);
  const { head, take, operations, charts, captures, rules, view, overview } = parts;
  let [statusAt, forecastAt] = [0, 0];

  function showStatus() {
    statusAt = Date.now();
    for (const part of [head, rules, take]) part.update();
  }

  async function loadStatus() {
    statusAt = Date.now();
    page.status = (await attempt(() => page.api.get('status'))) ?? page.status;
    showStatus();
  }

  async function loadForecast() {
    forecastAt = Date.now();
    if (!page.status.can.act) return;
    page.forecast = (await attempt(() => page.api.get('forecast'))) ?? page.forecast;
    take.update();
  }

  page.loadCaptures = async () => {
    const answer = await attempt(() => page.api.get('captures'));
    if (!answer) return;
    page.captures = answer.captures;
    captures.update(answer);
    charts.update();
  };

  async function loadOperations() {
    const answer = await attempt(() => page.api.get('operations'));
    if (answer) page.operations = answer.operations;
    showOperations();
  }

  function showOperations() {
    operations.update();
    take.update();
  }

  page.operationChanged = (operation) => {
    const isSame = ({ id }) => id === operation.id;
    const before = page.operations.find(isSame);
    // An answer may come later than the event that tells of the end.
    if (before && ENDED.has(before.state)) return;
    const others = page.operations.filter((one) => !isSame(one));
    page.operations = [operation, ...others].slice(0, MOST_OPERATIONS);
    showOperations();
    if (!ENDED.has(operation.state)) return;
    operations.tell(operation);
    page.loadCaptures();
    loadForecast();
  };

  const loadAll = () =>
    [charts.load, page.loadCaptures, loadForecast, loadOperations].map((load) => load());

  function route() {
    const found = routeOf(location.hash);
    const isOverview = found.name === 'overview';
    if (overview.hidden === isOverview) scrollTo(0, 0);
    overview.hidden = !isOverview;
    problem.hidden = true;
    view.show(found);
    if (isOverview) page.loadCaptures();
  }

  place(root, parts);
  showStatus();
  route();
  loadAll();
  addEventListener('hashchange', route);
  follow({
    events: {
      reading(reading) {
        page.clockOffset = reading.time - Date.now();
        page.readings.append(reading);
        charts.refresh();
        head.tick();
      },
      operation: page.operationChanged,
      capture: page.loadCaptures,
      watch: loadStatus,
      source: loadStatus,
    },
    async missed() {
      const { pid } = page.status;
      await loadStatus();
      spoken.textContent = texts(pid === page.status.pid ? 'live' : 'restarted', page.status);
      loadAll();
    },
    changed() {
      head.connected();
      take.update();
    },
  });
  setInterval(() => {
    if (document.hidden || page.lostAt) return;
    head.tick();
    operations.update();
    if (Date.now() - statusAt > STATUS_MS) loadStatus();
    if (Date.now() - forecastAt > FORECAST_MS) loadForecast();
  }, 1000);
}

module.exports = { start };
