import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection whose every byte the test decides, from a loopback address of its choice. */
export class ByHand {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  #heard = '';
  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => (this.#heard += text));
    // How it ends is what `closed` is for.
    socket.on('error', () => undefined);
    socket.once('end', () => socket.end());
    this.#closed = new Promise((resolve) => socket.once('close', resolve));
    onTestFinished(() => void socket.destroy());
  }
  static async open(port: number, from = '127.0.0.1'): Promise<ByHand> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from, allowHalfOpen: true });
    const hand = new ByHand(socket);
    const connected = new Promise((resolve) => socket.once('connect', resolve));
    await Promise.race([connected, hand.#closed]);
    return hand;
  }
  send(text: string): this {
    this.#socket.write(text, 'latin1');
    return this;
  }
  /** Nothing more is sent; an answer may still come. */
  saidAll(): this {
    this.#socket.end();
    return this;
  }
  /** Reads no more, and so does not close either. */
  deaf(): this {
    this.#socket.pause();
    return this;
  }
  /** Goes on although the other end has said all. */
  stubborn(): this {
    this.#socket.removeAllListeners('end');
    return this;
  }
  leave(): void {
    this.#socket.destroy();
  }
  /** All that came, once the other end has said all. */
  async answer(): Promise<string> {
    await this.#closed;
    return this.#heard;
  }
  /** The number in the first line of it; `null`: closed without a word. */
  async code(): Promise<number | null> {
    const line = /^HTTP\/1\.1 (\d{3})/.exec(await this.answer());
    return line === null ? null : Number(line[1]);
  }
}
