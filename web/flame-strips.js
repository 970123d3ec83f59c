'use strict';

/**
 * Rectangles too narrow for anything but their colour: of each row one line of pixels, which is drawn as
 * high as the row. A hundred thousand of them take as long as a few dozen images.
 *
 * @module
 */

class Strips {
  #canvas = document.createElement('canvas');
  #context = this.#canvas.getContext('2d');
  #image;
  #pixels;

  /** Empty ones, so many pixels of the device wide. */
  begin(width, rows) {
    this.#canvas.width = width;
    this.#canvas.height = Math.max(1, rows);
    this.#image = this.#context.createImageData(width, Math.max(1, rows));
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.width = width;
  }

  /** @param {boolean} isWeak gives way to what is there already */
  add(row, left, right, colour, isWeak) {
    const from = Math.max(0, Math.floor(left));
    const to = Math.min(this.width, Math.max(from + 1, Math.round(right)));
    for (let x = from; x < to; x++) {
      const at = row * this.width + x;
      if (!isWeak || this.#pixels[at] === 0) this.#pixels[at] = colour;
    }
  }

  /** @param {(row: number) => { y: number, height: number }} place */
  draw(context, width, rows, place) {
    this.#context.putImageData(this.#image, 0, 0);
    context.imageSmoothingEnabled = false;
    for (let row = 0; row < rows; row++) {
      const { y, height } = place(row);
      context.drawImage(this.#canvas, 0, row, this.width, 1, 0, y, width, height);
    }
  }
}

module.exports = { Strips };
