'use strict';

/**
 * What the process is at: health, status, readings, events, and what a capture would cost.
 *
 * @module
 */

const { json, text } = require('../reply.js');

/** Without making operations for it: whoever only asks for health needs none. */
const operationsOf = ({ parts }) => parts.existing('operations')?.list() ?? [];

function health(call) {
  json(call, 200, call.parts.health.healthReport({ operations: operationsOf(call) }));
}

function metrics(call) {
  const { live, tally, prometheus } = call.parts;
  const answer = prometheus.prometheusText({
    ...live.scrape(),
    captures: tally.counts(),
    operations: operationsOf(call),
  });
  text(call, 200, answer, prometheus.CONTENT_TYPE);
}

function status(call) {
  const { parts, settings, access } = call;
  const report = parts.status.statusReport({
    live: parts.live,
    access,
    can: { act: true, download: !settings.noDownload, simple: settings.simple },
    maxSeconds: settings.maxSeconds,
    kinds: parts.kinds.kindsHere(),
    operations: operationsOf(call),
  });
  json(call, 200, report);
}

async function forecast(call) {
  const { captures, forecast: forecasts } = call.parts;
  const { limits } = call.settings;
  json(call, 200, await forecasts.forecastAll({ captures, limits }));
}

function readings(call) {
  const { live, series } = call.parts;
  json(call, 200, live.history(series.parseWindow(call.query.window)));
}

/** To HEAD there is nothing to follow. */
function events(call) {
  const { streams, feed } = call.parts;
  const stream = streams.open(call);
  if (call.isHead) stream.end();
  else feed.add(stream);
}

module.exports = { events, forecast, health, metrics, readings, status };
