import { describeLeft } from "../style";
import { markup, type Markup } from "./markup";
import type { ReportNode } from "./model";

const BOX = { width: 300, height: 54 };
const GAP = { x: 90, y: 14 };
const ROW = BOX.height + GAP.y;
/** Characters that fit into a box at the size of the page's style, bold and not. */
const FIT = { name: 36, line: 43 };

interface Placed {
  readonly node: ReportNode;
  readonly depth: number;
  /** Row, in halves where a CA stands between two. */
  readonly row: number;
  readonly children: readonly Placed[];
}

/** Who signs whom, from left to right: CAs, and what they issued. */
export function drawMap(roots: readonly ReportNode[]): Markup {
  let next = 0;
  const place = (node: ReportNode, depth: number): Placed => {
    const children = node.children.map((child) => place(child, depth + 1));
    const [first, last] = [children[0], children[children.length - 1]];
    const row = first === undefined || last === undefined ? next++ : (first.row + last.row) / 2;
    return { node, depth, row, children };
  };
  const placed = roots.map((root) => place(root, 0));
  const all: Placed[] = [];
  const collect = (item: Placed): void => {
    all.push(item);
    item.children.forEach(collect);
  };
  placed.forEach(collect);
  const depth = Math.max(0, ...all.map((item) => item.depth));
  const [width, height] = [(depth + 1) * (BOX.width + GAP.x) - GAP.x + 2, Math.max(1, next) * ROW - GAP.y + 2];
  return markup`<svg class="map" role="img" aria-label="Who signs whom" width="${width}" height="${height}" viewBox="-1 -1 ${width} ${height}">
${all.flatMap((item) => item.children.map((child) => drawLine(item, child)))}
${all.map(drawBox)}
</svg>`;
}

const leftOf = ({ depth }: Placed): number => depth * (BOX.width + GAP.x);
const topOf = ({ row }: Placed): number => row * ROW;

function drawLine(parent: Placed, child: Placed): Markup {
  const [x1, y1] = [leftOf(parent) + BOX.width, topOf(parent) + BOX.height / 2];
  const [x2, y2] = [leftOf(child), topOf(child) + BOX.height / 2];
  const middle = (x1 + x2) / 2;
  return markup`<path class="signs" d="M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"/>`;
}

function drawBox(item: Placed): Markup {
  const { node } = item;
  const [x, y] = [leftOf(item), topOf(item)];
  const role = node.accepted ? "accepted" : node.facts.kind;
  return markup`<g class="box ${node.state}${node.accepted ? " accepted" : ""}" transform="translate(${x} ${y})">
<title>${node.name}\n${node.subject || "(no name)"}\n${role}\nends ${node.notAfter}\nSHA-256 ${node.fingerprint}</title>
<rect width="${BOX.width}" height="${BOX.height}" rx="6"/>
<rect class="edge" width="5" height="${BOX.height}" rx="2"/>
<text class="name" x="14" y="21">${shorten(node.name, FIT.name)}</text>
<text x="14" y="40">${shorten(`${role} · ${describeLeft(node.secondsLeft)}`, FIT.line)}</text>
</g>`;
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
