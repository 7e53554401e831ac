import { describeLeft } from "../style";
import { markup, type Markup } from "./markup";
import type { ReportNode } from "./model";

const WIDTH = 1080;
const LABEL = 330;
const RIGHT = 130;
const ROW = 30;
const TOP = 34;
const BAR = 14;
const DAY = 86_400_000;
const FIT = 44;

/** Distances from now that get a line, in days. */
const TICKS: readonly (readonly [number, string])[] = [
  [1, "1 day"],
  [7, "1 week"],
  [30, "1 month"],
  [90, "3 months"],
  [365, "1 year"],
  [1095, "3 years"],
  [3650, "10 years"],
];

/** A scale on which a day and ten years are both seen: logarithmic in both directions from now. */
function scaleOf(rows: readonly ReportNode[], now: Date): (time: Date) => number {
  const bend = (milliseconds: number): number =>
    Math.sign(milliseconds) * Math.log1p((Math.abs(milliseconds) / DAY) * 2);
  const offsets = rows.flatMap(({ notBefore, notAfter }) =>
    [notBefore, notAfter].map((time) => bend(new Date(time).getTime() - now.getTime())),
  );
  const [least, most] = [Math.min(bend(-DAY), ...offsets), Math.max(bend(7 * DAY), ...offsets)];
  const usable = WIDTH - LABEL - RIGHT;
  return (time) => {
    const share = (bend(time.getTime() - now.getTime()) - least) / (most - least);
    return Math.round((LABEL + Math.min(1, Math.max(0, share)) * usable) * 10) / 10;
  };
}

/** Every lifetime as a bar, with its renewal window and the present. */
export function drawTimeline(rows: readonly ReportNode[], now: Date): Markup {
  const x = scaleOf(rows, now);
  const height = TOP + rows.length * ROW + 6;
  const first = Math.min(now.getTime(), ...rows.map(({ notBefore }) => new Date(notBefore).getTime()));
  const last = Math.max(now.getTime() + 7 * DAY, ...rows.map(({ notAfter }) => new Date(notAfter).getTime()));
  const ticks = TICKS.flatMap(([days, label]) => [
    { time: now.getTime() + days * DAY, label },
    { time: now.getTime() - days * DAY, label: `−${label}` },
  ]).filter(({ time }) => time > first && time < last);
  return markup`<svg class="timeline" role="img" aria-label="Lifetimes" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<defs><pattern id="window" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="3" height="6"/></pattern></defs>
${apart(ticks.map(({ time, label }) => ({ x: x(new Date(time)), label }))).map((tick) => drawTick(tick, height))}
<line class="now" x1="${x(now)}" x2="${x(now)}" y1="${TOP - 8}" y2="${height}"/><text class="now" x="${x(now)}" y="${TOP - 14}">now</text>
${rows.map((row, index) => drawRow(row, TOP + index * ROW, x))}
</svg>`;
}

interface Tick {
  readonly x: number;
  readonly label: string;
}

const LABEL_WIDTH = 62;

/** Ticks whose labels do not run into each other. */
function apart(ticks: readonly Tick[]): Tick[] {
  const kept: Tick[] = [];
  for (const tick of [...ticks].sort((a, b) => a.x - b.x)) {
    if (kept.every((other) => Math.abs(other.x - tick.x) >= LABEL_WIDTH)) kept.push(tick);
  }
  return kept;
}

function drawTick({ x, label }: Tick, height: number): Markup {
  return markup`<line class="tick" x1="${x}" x2="${x}" y1="${TOP - 8}" y2="${height}"/><text class="tick" x="${x}" y="${TOP - 14}">${label}</text>`;
}

function drawRow(row: ReportNode, top: number, x: (time: Date) => number): Markup {
  const [from, until] = [x(new Date(row.notBefore)), x(new Date(row.notAfter))];
  const y = top + (ROW - BAR) / 2;
  const renewal = row.renewalTime === undefined ? undefined : x(new Date(row.renewalTime));
  const width = (a: number, b: number): number => Math.max(2, Math.round((b - a) * 10) / 10);
  const window =
    renewal === undefined
      ? undefined
      : markup`<rect class="window" x="${renewal}" y="${y}" width="${width(renewal, until)}" height="${BAR}" rx="3"/>`;
  const name = row.name.length > FIT ? `${row.name.slice(0, FIT - 1)}…` : row.name;
  const renews = row.renewalTime === undefined ? "" : `\nrenewed from ${row.renewalTime} on`;
  return markup`<g class="life ${row.state}${row.accepted ? " accepted" : ""}">
<title>${row.name}\n${row.subject || "(no name)"}\n${row.notBefore} to ${row.notAfter}${renews}</title>
<text class="label" x="0" y="${y + 11}">${name}</text>
<rect class="bar" x="${from}" y="${y}" width="${width(from, until)}" height="${BAR}" rx="3"/>
${window}
<text class="left" x="${WIDTH - RIGHT + 12}" y="${y + 11}">${row.readyForRenewal ? "renewal due" : describeLeft(row.secondsLeft)}</text>
</g>`;
}
