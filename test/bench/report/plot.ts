import type { Plot } from "../case.ts";

const colours = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"];
const [labelWidth, barWidth, valueWidth, rowHeight, headHeight] = [270, 420, 110, 26, 56];

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function totalOf(parts: readonly { value: number }[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

/** Horizontal bars, stacked by part, as SVG that reads on white and on black. */
export function drawPlot({ title, unit, bars }: Plot): string {
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const greatest = Math.max(...bars.map(({ parts }) => totalOf(parts)), Number.MIN_VALUE);
  const width = labelWidth + barWidth + valueWidth;
  const height = headHeight + bars.length * rowHeight + 10;
  const text = (x: number, y: number, content: string): string =>
    `<text x="${x.toFixed(1)}" y="${y}">${escaped(content)}</text>`;
  const legend = names.map((name, i) => {
    const x = labelWidth + i * 130;
    return `<rect x="${x}" y="32" width="11" height="11" fill="${colours[i % colours.length]}"/>${text(x + 16, 42, name)}`;
  });
  const rows = bars.map(({ label, parts }, row) => {
    const y = headHeight + row * rowHeight;
    let x = labelWidth;
    const pieces = parts.map(({ name, value }) => {
      const piece = (value / greatest) * barWidth;
      const drawn = `<rect x="${x.toFixed(1)}" y="${y}" width="${piece.toFixed(1)}" height="${rowHeight - 8}" fill="${colours[names.indexOf(name) % colours.length]}"/>`;
      x += piece;
      return drawn;
    });
    const total = totalOf(parts);
    const value = `${total >= 100 ? total.toFixed(0) : total.toPrecision(3)} ${unit}`;
    return text(10, y + 13, label) + pieces.join("") + text(x + 6, y + 13, value);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(10, 20, `${title} (${unit})`),
    ...legend,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}
