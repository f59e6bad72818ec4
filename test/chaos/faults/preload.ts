import process from "node:process";

/** Loaded into a member before its own first line: SIGUSR2 blocks its event loop past its lease, SIGWINCH moves its wall clock. */
process.on("SIGUSR2", () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
});

const hourMs = 3_600_000;
const real = Date.now.bind(Date);
let offsetMs = 0;

// There and back again, an hour into the future and an hour into the past: only the monotonic clock may decide.
process.on("SIGWINCH", () => {
  offsetMs = offsetMs === 0 ? hourMs : offsetMs > 0 ? -hourMs : 0;
});
Date.now = () => real() + offsetMs;
