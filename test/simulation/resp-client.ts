import { connect, type Socket } from "node:net";

export type RespReply = string | number | null | RespError | RespReply[];

/** An error that the server answered, as a value. */
export class RespError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ReplyError";
  }
}

/**
 * The plainest client there is, over a Unix socket: what the simulator sends is answered in order. A library's client would
 * cost more time than the server takes.
 */
export class RespClient {
  readonly #socket: Socket;
  readonly #waiting: ((reply: RespReply) => void)[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #fault: Error | null = null;

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (fault) => {
      this.#fault = fault;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Sends one command; answers errors as values. */
  call(...args: (string | number)[]): Promise<RespReply> {
    if (this.#fault) throw this.#fault;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(encode(args));
    });
  }

  /** Sends many commands at once and answers when all are answered. */
  all(commands: readonly (readonly (string | number)[])[]): Promise<RespReply[]> {
    if (commands.length === 0) return Promise.resolve([]);
    const replies = commands.map(() => new Promise<RespReply>((resolve) => this.#waiting.push(resolve)));
    this.#socket.write(commands.map(encode).join(""));
    return Promise.all(replies);
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const reader = { bytes: this.#rest, at: 0 };
    while (reader.at < reader.bytes.length) {
      const start = reader.at;
      const reply = parse(reader);
      if (reply === undefined) {
        reader.at = start;
        break;
      }
      this.#waiting.shift()?.(reply);
    }
    this.#rest = this.#rest.subarray(reader.at);
  }
}

function encode(args: readonly (string | number)[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) {
    const word = String(arg);
    text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
  }
  return text;
}

interface Reader {
  bytes: Buffer;
  at: number;
}

/** One reply, or undefined while it has not come in whole. */
function parse(reader: Reader): RespReply | undefined {
  const end = reader.bytes.indexOf("\r\n", reader.at);
  if (end < 0) return undefined;
  const kind = String.fromCharCode(reader.bytes[reader.at] ?? 0);
  const line = reader.bytes.toString("utf8", reader.at + 1, end);
  reader.at = end + 2;
  if (kind === "+") return line;
  if (kind === "-") return new RespError(line);
  if (kind === ":") return Number(line);
  if (kind === "$") return parseBulk(reader, Number(line));
  return parseArray(reader, Number(line));
}

function parseBulk(reader: Reader, length: number): string | null | undefined {
  if (length < 0) return null;
  if (reader.bytes.length < reader.at + length + 2) return undefined;
  const text = reader.bytes.toString("utf8", reader.at, reader.at + length);
  reader.at += length + 2;
  return text;
}

function parseArray(reader: Reader, length: number): RespReply[] | null | undefined {
  if (length < 0) return null;
  const items: RespReply[] = [];
  for (let i = 0; i < length; i++) {
    const item = parse(reader);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}
