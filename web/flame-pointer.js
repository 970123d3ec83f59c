'use strict';

/**
 * The graph by mouse and finger: point, click, drag, wheel.
 *
 * @module
 */

/** A pointer that moves less is clicking, in pixels. */
const STILL = 4;

class Pointer {
  #down;

  constructor(chart, signal) {
    this.chart = chart;
    const listen = (name, listener, options) =>
      chart.canvas.addEventListener(name, listener.bind(this), { signal, ...options });
    listen('pointermove', this.#move);
    listen('pointerdown', this.#press);
    listen('pointerup', this.#release);
    listen('pointercancel', this.#cancel);
    listen('pointerleave', this.#leave);
    listen('wheel', this.#wheel, { passive: false });
  }

  #at(event) {
    const box = this.chart.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return { x, y, rectangle: this.chart.at(x, y) };
  }

  #press(event) {
    if (event.button !== 0) return;
    this.#down = { x: event.clientX, y: event.clientY, isDrag: false };
  }

  #move(event) {
    if (this.#down && event.pointerType !== 'touch') this.#drag(event);
    if (this.#down?.isDrag) return;
    const { x, y, rectangle } = this.#at(event);
    this.chart.canvas.style.cursor = rectangle ? 'pointer' : '';
    this.chart.hover(rectangle, x, y);
  }

  #drag(event) {
    const down = this.#down;
    const [x, y] = [event.clientX - down.x, event.clientY - down.y];
    if (!down.isDrag && Math.hypot(x, y) < STILL) return;
    if (!down.isDrag) {
      down.isDrag = true;
      this.chart.canvas.setPointerCapture(event.pointerId);
      this.chart.canvas.style.cursor = 'grabbing';
      this.chart.hover(undefined);
    }
    this.chart.pan(-x);
    this.chart.element.scrollTop -= y;
    [down.x, down.y] = [event.clientX, event.clientY];
  }

  #release(event) {
    const down = this.#down;
    this.#down = undefined;
    if (!down || down.isDrag) return;
    const { rectangle } = this.#at(event);
    if (rectangle) this.chart.on.activate(rectangle);
  }

  #cancel() {
    this.#down = undefined;
  }

  #leave() {
    if (!this.#down?.isDrag) this.chart.hover(undefined);
  }

  /** With Ctrl it zooms, sideways it moves; else the page scrolls. */
  #wheel(event) {
    const { x } = this.#at(event);
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.chart.zoomBy(1.002 ** event.deltaY, x);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      this.chart.pan(sideways);
    else return;
    event.preventDefault();
  }
}

module.exports = { Pointer };
