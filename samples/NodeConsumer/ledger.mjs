// The consumer's own store: a file to which each delivery adds one line with its effects and the new token, so both are there or neither.
// A line that a crash has cut off does not count, and is cut away when the file is opened.
import { closeSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

export class Ledger {
  #file;
  #tokens = new Map();
  #incarnation = null;
  count = 0;

  constructor(path) {
    this.#file = openSync(path, 'a+');
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf(10) + 1;
    if (whole < bytes.length) ftruncateSync(this.#file, whole);
    for (const line of bytes.subarray(0, whole).toString('utf8').split('\n')) {
      if (line !== '') this.#take(JSON.parse(line));
    }
  }

  /** A subscription that was made anew begins anew: former tokens mean nothing. */
  begin(incarnation) {
    if (this.#incarnation !== incarnation) this.#add({ incarnation });
  }

  token(partition) {
    return this.#tokens.get(partition) ?? null;
  }

  /** Returns null when it is done, or the token that stands here instead of the offered one: then nothing was changed. */
  apply({ partition, offered, token, events }) {
    const own = this.token(partition);
    if (own !== null && own !== offered) return own;
    this.#add({ partition, token, events: events.map(({ position, type, stream, version, data }) => ({ position, type, stream, version, data })) });
    return null;
  }

  close() {
    closeSync(this.#file);
  }

  #add(line) {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    fdatasyncSync(this.#file);
    this.#take(line);
  }

  #take({ incarnation, partition, token, events }) {
    if (incarnation !== undefined) {
      this.#incarnation = incarnation;
      this.#tokens.clear();
      return;
    }
    this.#tokens.set(partition, token);
    this.count += events.length;
  }
}
