// A consumer of a Tidemark subscription that keeps its own tokens, written from docs/protocol.md.
import { WebSocketClient } from './websocket.mjs';

const SUBPROTOCOL = 'tidemark.delivery.v1';
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const MOVES_MAX = 10;
const RECONNECT_MIN_MS = 100, RECONNECT_MAX_MS = 30_000;
const WELCOME_MAX_MS = 30_000;

// The close codes of errors, and whether connecting again may help.
const CODES = {
  malformed: [4000, false], unknownFrame: [4001, false], missingField: [4002, false], invalidField: [4003, false],
  tooLarge: [4004, false], outOfOrder: [4005, false], badAnswer: [4006, false], heartbeatMissed: [4007, true],
  unauthorized: [4010, false], forbidden: [4011, false], unknownSubscription: [4012, false], moved: [4013, true],
  replaced: [4014, false], wrongTokens: [4015, false], busy: [4016, true], shuttingDown: [4020, true],
  subscriptionChanged: [4021, true], aheadOfLog: [4022, false], serverError: [4029, true],
};

/** Connecting again does not help. */
export class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/**
 * @param options.url the delivery address, ws or wss
 * @param options.subscription its name
 * @param options.member the name of this consumer, the same after a restart
 * @param options.key the key, or undefined
 * @param options.store `begin(incarnation)`, `token(partition)` and `apply(delivery)`; apply writes effects and token in one transaction,
 *   and returns null, or the token that it found instead of the offered one
 * @param options.log takes lines for people
 */
export class Consumer {
  #options;
  #work = new Map();
  #stop;
  #stopped = new Promise((resolve) => { this.#stop = resolve; });
  #isStopped = false;

  constructor(options) {
    this.#options = { creditEvents: 1000, creditBytes: 4 * 1024 * 1024, log: () => {}, ...options };
  }

  /** Leaves in order. */
  stop() {
    this.#isStopped = true;
    this.#stop();
  }

  /** Runs until stopped; throws Refused when connecting again does not help. */
  async run() {
    let { url } = this.#options;
    let failures = 0, moves = 0;
    while (!this.#isStopped) {
      const end = await this.#connect(url);
      if (this.#isStopped) return;
      if (end.code !== undefined && !(CODES[end.code]?.[1] ?? true)) throw new Refused(end.code, end.message);
      this.#options.log(`disconnected: ${end.message}`);
      failures = end.hasAnswered ? 0 : failures + 1;
      const elsewhere = this.#addressOf(end.location);
      if (elsewhere && ++moves <= MOVES_MAX) {
        url = elsewhere;
        continue;
      }
      ({ url } = this.#options);
      moves = 0;
      const wait = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(Math.max(failures - 1, 0), 20));
      await this.#delay(wait * (0.5 + 0.5 * Math.random()));
    }
  }

  // What was sent with TLS is not sent without it, whoever says so.
  #addressOf(location) {
    if (!location || !URL.canParse(location)) return null;
    const { protocol } = new URL(location);
    return protocol === 'wss:' || (protocol === 'ws:' && this.#options.url.startsWith('ws:')) ? location : null;
  }

  async #delay(ms) {
    let timer;
    await Promise.race([new Promise((resolve) => { timer = setTimeout(resolve, ms); }), this.#stopped]);
    clearTimeout(timer);
  }

  async #connect(url) {
    const { key, log } = this.#options;
    let socket;
    try {
      socket = await WebSocketClient.connect(url, {
        subprotocol: SUBPROTOCOL, headers: key ? { Authorization: `Bearer ${key}` } : {}, bytesMax: FRAME_BYTES_MAX,
      });
    } catch (error) {
      return { code: { 401: 'unauthorized', 403: 'forbidden' }[error.status], message: error.message, hasAnswered: false };
    }
    log(`connected to ${url}`);
    return await new Connection(socket, this.#options, this.#work).run(this.#stopped);
  }
}

class Connection {
  #socket;
  #options;
  #work;
  #partitions = new Map();
  #heard = Date.now();
  #hasAnswered = false;
  #isOver = false;
  #isWelcome = false;
  #timer;
  #end;

  constructor(socket, options, work) {
    this.#socket = socket;
    this.#options = options;
    this.#work = work;
  }

  run(stopped) {
    const { subscription, member, creditEvents, creditBytes } = this.#options;
    const ended = new Promise((resolve) => { this.#end = resolve; });
    this.#socket.on('text', (text) => this.#guard(() => this.#receive(text)));
    this.#socket.on('close', (code, reason) => this.#over(nameOf(code), reason || `closed with ${code}`));
    this.#send({ t: 'hello', subscription, member, tokens: 'own', creditEvents, creditBytes });
    this.#beat(WELCOME_MAX_MS, () => {});
    stopped.then(() => {
      this.#send({ t: 'bye' });
      this.#over(undefined, 'stopped');
      this.#socket.close(1000, 'bye');
    });
    return ended;
  }

  #beat(silenceMaxMs, send) {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (Date.now() - this.#heard > silenceMaxMs) this.#fail('heartbeatMissed', `Nothing was heard for ${silenceMaxMs} ms.`);
      else send();
    }, Math.max(1, silenceMaxMs / 6));
  }

  #send(frame) {
    if (!this.#isOver) this.#socket.send(JSON.stringify(frame));
  }

  // The first reason counts.
  #over(code, message, location) {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#end({ code, message, location, hasAnswered: this.#hasAnswered });
  }

  #fail(code, message) {
    this.#over(code, message);
    this.#socket.close(CODES[code][0], message);
  }

  #guard(action) {
    try {
      action();
    } catch (error) {
      this.#fail(error instanceof Refused ? error.code : 'malformed', error.message);
    }
  }

  #receive(text) {
    this.#heard = Date.now();
    if (this.#isOver) return;
    const frame = JSON.parse(text);
    if (!this.#isWelcome && !['welcome', 'reject', 'drop'].includes(frame.t)) throw new Refused('outOfOrder', 'The first frame is welcome.');
    switch (frame.t) {
      case 'welcome':
        if (this.#isWelcome) throw new Refused('outOfOrder', 'welcome comes once.');
        this.#isWelcome = true;
        this.#options.store.begin(frame.incarnation);
        this.#beat(3 * frame.heartbeatMs, () => this.#send({ t: 'heartbeat' }));
        break;
      case 'reject':
      case 'drop':
        this.#over(frame.code, frame.message, frame.location);
        break;
      case 'ask':
        this.#asked(frame);
        break;
      case 'deliver':
        this.#delivered(frame);
        break;
      case 'revoke':
        this.#revoked(frame);
        break;
      case 'caughtUp':
        this.#options.log(`partition ${frame.partition} has everything up to ${frame.mark}`);
        break;
      case 'heartbeat':
        break;
      default:
        throw new Refused('unknownFrame', `'${frame.t}' is no frame of ${SUBPROTOCOL}.`);
    }
  }

  #asked({ partition, number, token }) {
    if (!this.#partitions.has(partition)) this.#partitions.set(partition, { latest: 0, expected: null, isBusy: false });
    const state = this.#partitions.get(partition);
    if (number <= state.latest) return;
    Object.assign(state, { latest: number, expected: null, isOurs: true });
    this.#afterWork(partition, async () => {
      if (this.#isOver || !state.isOurs || number < state.latest) return;
      const own = await this.#options.store.token(partition);
      if (number < state.latest || !state.isOurs) return;
      state.expected = own ?? token;
      this.#send({ t: 'token', partition, number, token: own });
    });
  }

  #delivered({ partition, number, offered, through, events }) {
    const state = this.#partitions.get(partition);
    if (!state) throw new Refused('outOfOrder', 'A partition begins with ask.');
    if (number <= state.latest) return;
    if (state.expected === null) throw new Refused('outOfOrder', 'The answer to ask comes before deliver.');
    if (state.isBusy) throw new Refused('outOfOrder', 'One delivery is open at a time.');
    state.latest = number;
    if (offered !== state.expected) {
      this.#send({ t: 'token', partition, number, token: state.expected });
      return;
    }
    state.isBusy = true;
    this.#afterWork(partition, async () => {
      const answer = await this.#process(partition, number, offered, `delivered:${through}`, events);
      state.isBusy = false;
      if (number < state.latest || !state.isOurs) return;
      state.expected = answer.t === 'token' ? answer.token : answer.outcome === 'done' ? `delivered:${through}` : state.expected;
      this.#hasAnswered = true;
      this.#send(answer);
    });
  }

  async #process(partition, number, offered, token, events) {
    try {
      const elsewhere = await this.#options.store.apply({ partition, offered, token, events });
      return elsewhere ? { t: 'token', partition, number, token: elsewhere } : { t: 'ack', partition, number, outcome: 'done' };
    } catch (error) {
      return { t: 'ack', partition, number, outcome: 'retryAfter', reason: String(error.message || error).slice(0, 2000) };
    }
  }

  #revoked({ partition }) {
    const state = this.#partitions.get(partition);
    if (state) Object.assign(state, { expected: null, isOurs: false });
  }

  // One thing at a time for each partition, over connections too: a token is never read while a delivery may still move it.
  #afterWork(partition, action) {
    const before = this.#work.get(partition) ?? Promise.resolve();
    this.#work.set(partition, before.then(action).catch((error) => {
      this.#over(undefined, error.message);
      this.#socket.close(1011, error.message);
    }));
  }
}

function nameOf(closeCode) {
  return Object.keys(CODES).find((name) => CODES[name][0] === closeCode);
}
