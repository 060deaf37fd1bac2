// A WebSocket client (RFC 6455) on nothing but Node.js, 18 or newer. Newer versions have one built in, which hides the HTTP status of a
// refused request and is not there in older ones; this one is all that the sample needs.
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import http from 'node:http';
import https from 'node:https';

const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const CLOSE_MAX_MS = 2000;

/** Events: 'text' (a whole message), 'close' (code, reason); after 'close' nothing comes. */
export class WebSocketClient extends EventEmitter {
  #socket;
  #bytesMax;
  #buffer = Buffer.alloc(0);
  #parts = [];
  #partsBytes = 0;
  #isOver = false;

  /** Connects; fails with an error that has `status` when the server answers with something else than a connection. */
  static connect(url, { subprotocol, headers = {}, bytesMax }) {
    return new Promise((resolve, reject) => {
      const target = new URL(url);
      const secure = target.protocol === 'wss:';
      target.protocol = secure ? 'https:' : 'http:';
      const key = randomBytes(16).toString('base64');
      const request = (secure ? https : http).request(target, {
        headers: {
          ...headers, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Protocol': subprotocol,
        },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (data) => { text += data; });
        response.on('end', () => reject(Object.assign(new Error(`HTTP ${response.statusCode}: ${text}`), { status: response.statusCode })));
      });
      request.on('upgrade', (response, socket, head) => {
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        if (response.headers['sec-websocket-accept'] !== accept || response.headers['sec-websocket-protocol'] !== subprotocol) {
          socket.destroy();
          reject(new Error(`The server does not speak ${subprotocol}.`));
          return;
        }
        const client = new WebSocketClient(socket, bytesMax);
        resolve(client);
        setImmediate(() => client.#receive(head));
      });
      request.end();
    });
  }

  constructor(socket, bytesMax) {
    super();
    this.#socket = socket;
    this.#bytesMax = bytesMax;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#receive(data));
    socket.on('error', () => {});
    socket.on('close', () => this.#end(1006, 'The connection broke.'));
  }

  send(text) {
    this.#write(TEXT, Buffer.from(text, 'utf8'));
  }

  /** Closes with a code; 'close' comes at once. */
  close(code, reason) {
    if (this.#isOver) return;
    const text = Buffer.from(reason, 'utf8').subarray(0, 123);
    const body = Buffer.alloc(2 + text.length);
    body.writeUInt16BE(code);
    text.copy(body, 2);
    this.#write(CLOSE, body);
    this.#end(code, reason);
  }

  #end(code, reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), CLOSE_MAX_MS).unref();
    this.emit('close', code, reason);
  }

  // A client masks what it sends.
  #write(opcode, body) {
    if (this.#isOver || this.#socket.destroyed) return;
    const size = body.length < 126 ? 0 : body.length < 65536 ? 2 : 8;
    const head = Buffer.alloc(2 + size + 4);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (size === 0 ? body.length : size === 2 ? 126 : 127);
    if (size === 2) head.writeUInt16BE(body.length, 2);
    if (size === 8) head.writeBigUInt64BE(BigInt(body.length), 2);
    const mask = randomBytes(4);
    mask.copy(head, 2 + size);
    const masked = Buffer.from(body);
    for (let i = 0; i < masked.length; i++) masked[i] ^= mask[i & 3];
    this.#socket.write(Buffer.concat([head, masked]));
  }

  #receive(data) {
    if (this.#isOver) return;
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data]);
    for (let frame = this.#next(); frame !== null && !this.#isOver; frame = this.#next()) this.#take(frame);
  }

  // The next whole frame of the buffer; null when there is none yet.
  #next() {
    const buffer = this.#buffer;
    if (buffer.length < 2) return null;
    const short = buffer[1] & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (buffer.length < start) return null;
    const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (length + this.#partsBytes > this.#bytesMax) {
      this.close(4004, `A frame has at most ${this.#bytesMax} bytes.`);
      return null;
    }
    if (buffer.length < start + length) return null;
    this.#buffer = buffer.subarray(start + length);
    return { isLast: (buffer[0] & 0x80) !== 0, opcode: buffer[0] & 0x0f, body: buffer.subarray(start, start + length) };
  }

  #take({ isLast, opcode, body }) {
    switch (opcode) {
      case PING:
        this.#write(PONG, body);
        return;
      case PONG:
        return;
      case CLOSE:
        this.close(body.length >= 2 ? body.readUInt16BE(0) : 1005, body.subarray(2).toString('utf8'));
        return;
      case BINARY:
        this.close(4000, 'A frame is a text message.');
        return;
      case TEXT:
      case CONTINUATION:
        this.#parts.push(body);
        this.#partsBytes += body.length;
        if (!isLast) return;
        body = Buffer.concat(this.#parts);
        this.#parts = [];
        this.#partsBytes = 0;
        this.emit('text', body.toString('utf8'));
        return;
      default:
        this.close(1002, 'An unknown kind of WebSocket frame.');
    }
  }
}
