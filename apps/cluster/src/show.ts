import type { Clock } from "@dms/runtime";
import type { TestCluster } from "@dms/testkit";
import type { Journal } from "./journal.ts";
import { Meter } from "./meter.ts";
import { makePaint } from "./paint.ts";
import { plainLine } from "./plain-line.ts";
import { journalLine, renderScreen } from "./screen.ts";
import type { Terminal } from "./terminal.ts";

export interface ShowParts {
  cluster: TestCluster;
  clock: Clock;
  journal: Journal;
  /** Null where there is no terminal: then lines go to `print`. */
  terminal: Terminal | null;
  isColored: boolean;
  print: (line: string) => void;
  /** Called about every second. */
  onFrame: () => void;
  /** What the program is doing besides running. */
  stage: () => string;
}

const frameMs = 1000;
const framesPerLine = 5;

/** Shows the cluster about every second, or a line every five where there is no terminal, until `signal` aborts. */
export async function show({ cluster, clock, journal, ...parts }: ShowParts, signal: AbortSignal): Promise<void> {
  const { terminal, isColored, print, stage, onFrame } = parts;
  const meter = new Meter(cluster, clock);
  const paint = makePaint(isColored);
  let hasShown = false;
  for (let frame = 1; !signal.aborted; frame++) {
    const frameAt = clock.monotonic();
    onFrame();
    const snapshot = await meter.look();
    if (!hasShown && snapshot.verdict.compared.posts > 0) {
      hasShown = true;
      journal.note(`the first message is in the chat after ${(snapshot.upMs / 1000).toFixed(1)} s`, clock.wall());
    }
    if (signal.aborted) break;
    if (terminal !== null) {
      const size = { width: terminal.width, height: terminal.height };
      const input = { snapshot, journal: journal.lines(size.height), dir: cluster.dir, stage: stage() };
      terminal.draw(renderScreen(input, size, paint));
    } else {
      for (const line of journal.settled(clock.wall())) print(journalLine(line, paint));
      if (frame % framesPerLine === 0) print(plainLine(snapshot));
    }
    await clock.sleep(Math.max(100, frameMs - (clock.monotonic() - frameAt)), signal);
  }
  if (terminal === null) for (const line of journal.settled(Number.POSITIVE_INFINITY)) print(journalLine(line, paint));
}
