import type { ReadStream, WriteStream } from "node:tty";

/** A screen that is redrawn in place, and its keys. */
export interface Terminal {
  readonly width: number;
  readonly height: number;
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. Safe to call twice. */
  close(): void;
}

const enter = "\u001b[?1049h\u001b[?25l\u001b[2J";
const leave = "\u001b[?25h\u001b[?1049l";

/** Takes the terminal over: another screen, no cursor, keys one by one. Ctrl-C arrives as the key "\u0003". */
export function openTerminal(
  { input, output }: { input: ReadStream; output: WriteStream },
  onKey: (key: string) => void,
): Terminal {
  let isOpen = true;
  const listen = (keys: Buffer): void => {
    for (const key of keys.toString()) onKey(key);
  };
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    output.write(leave);
    input.off("data", listen);
    if (input.isTTY) input.setRawMode(false);
    input.pause();
    process.off("exit", close);
  };
  output.write(enter);
  if (input.isTTY) input.setRawMode(true);
  input.on("data", listen);
  process.once("exit", close);
  return {
    get width() {
      return output.columns;
    },
    get height() {
      return output.rows;
    },
    draw(lines) {
      // Each line clears its own rest, so that nothing flickers.
      if (isOpen) output.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\r\n")}\u001b[J`);
    },
    close,
  };
}
