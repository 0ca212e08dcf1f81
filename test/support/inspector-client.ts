// A client of the inspector's socket, as Chrome DevTools is one: enough of RFC 6455 for one peer on this
// machine (text frames, no fragments, no extensions, nothing after the first frame of another kind), since
// Node 20 has no WebSocket of its own.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

type Message = { readonly id?: number; readonly method?: string; readonly [key: string]: unknown };

/** One connection. */
export class InspectorClient {
  readonly #socket: Socket;
  readonly #pending = new Map<number, (message: Message) => void>();
  #rest: Buffer;
  #nextId = 1;
  /** Told of every notification. */
  onNotification: (method: string, params: unknown) => void = () => undefined;

  static async connect(url: string): Promise<InspectorClient> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    let head = Buffer.alloc(0);
    while (!head.includes('\r\n\r\n')) {
      const more = await new Promise<Buffer>((resolve, reject) => {
        socket.once('data', resolve);
        socket.once('error', reject);
      });
      head = Buffer.concat([head, more]);
    }
    return new InspectorClient(socket, head.subarray(head.indexOf('\r\n\r\n') + 4));
  }

  private constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket;
    this.#rest = rest;
    socket.on('data', (more: Buffer) => this.#take(more));
    socket.on('error', () => undefined);
    this.#take(Buffer.alloc(0));
  }

  send(method: string, params: object = {}): Promise<Message> {
    const id = this.#nextId++;
    const text = Buffer.from(JSON.stringify({ id, method, params }));
    const mask = randomBytes(4);
    const head = Buffer.alloc(8);
    head.writeUInt8(0x81, 0);
    head.writeUInt8(0x80 | 126, 1);
    head.writeUInt16BE(text.length, 2);
    mask.copy(head, 4);
    this.#socket.write(
      Buffer.concat([head, text.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]),
    );
    return new Promise((resolve) => this.#pending.set(id, resolve));
  }

  /** Says goodbye first, as debuggers do: Node 20 dies when it writes to a client that is just gone. */
  close(): void {
    const mask = randomBytes(4);
    this.#socket.end(Buffer.concat([Buffer.from([0x88, 0x80]), mask]));
  }

  #take(more: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, more]);
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) {
      const message = JSON.parse(frame) as Message;
      if (message.id === undefined) {
        this.onNotification(message.method ?? '', message['params']);
      } else {
        this.#pending.get(message.id)?.(message);
        this.#pending.delete(message.id);
      }
    }
  }

  #frame(): string | undefined {
    const isText = ((this.#rest[0] ?? 0) & 0x0f) === 1;
    const short = (this.#rest[1] ?? 0) & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (this.#rest.length < head) {
      return undefined;
    }
    const length =
      short === 126
        ? this.#rest.readUInt16BE(2)
        : short === 127
          ? Number(this.#rest.readBigUInt64BE(2))
          : short;
    if (!isText || this.#rest.length < head + length) {
      return undefined;
    }
    const text = this.#rest.subarray(head, head + length).toString();
    this.#rest = this.#rest.subarray(head + length);
    return text;
  }
}
