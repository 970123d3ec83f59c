'use strict';

/**
 * From a profile in memory to its file.
 *
 * @module
 */

const { abortedError } = require('../abort.js');
const { Encoder } = require('./encode.js');
const { FileSink } = require('./file-sink.js');
const { JsonWriter } = require('./json-writer.js');

/** Writes one profile; can be stopped. */
class ProfileFile {
  #encoder;
  #cancelled = false;

  /**
   * @param {{ write(json: JsonWriter): Promise<void>, figures(): object }} profile
   * @param {{ target: string, compression: string, level: number }} file `target` exists
   * @returns {Promise<object>} the profile's figures with `bytes`, `rawBytes`, `sha256`
   */
  async write(profile, { target, compression, level }) {
    const sink = new FileSink(target);
    this.#encoder = new Encoder({ compression, level, sink });
    if (this.#cancelled) this.#encoder.fail(abortedError());
    try {
      await profile.write(new JsonWriter(this.#encoder));
      return { ...(await this.#encoder.finish()), ...profile.figures() };
    } catch (error) {
      const first = this.#encoder.fail(error);
      await this.#encoder.destroy(first);
      throw first;
    }
  }

  /** The file is not wanted any more. */
  cancel() {
    this.#cancelled = true;
    this.#encoder?.fail(abortedError());
  }
}

module.exports = { ProfileFile };
