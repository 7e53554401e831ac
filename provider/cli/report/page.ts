import type { RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { titleOf } from "../rotationState";
import { describeLeft } from "../style";
import { drawMap } from "./map";
import type { LiveNode } from "../liveNodes";
import { markup, Markup } from "./markup";
import { readableTime, type ReportModel, type ReportNode } from "./model";
import type { ReportRotation } from "./rotations";
import { STYLE } from "./pageStyle";
import { drawTimeline } from "./timeline";

/** The whole page: one file that asks nobody for anything. */
export function renderPage(model: ReportModel): string {
  const { rows, roots, rotations, now, liveNodes } = model;
  const time = readableTime(now);
  return `<!doctype html>\n${
    markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Talos PKI, ${time}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header><h1>Talos PKI</h1><p>${time}</p>${counts(rows, liveNodes)}</header>
${liveNodes === undefined ? undefined : nodeSection(liveNodes, now)}
${rotations.length === 0 ? undefined : rotationSection(rotations)}
<section><h2>Lifetimes</h2>
<p class="hint">Time runs from left to right, stretched around now. Hatched: the renewal window, in which the next update reissues. Dashed: a CA accepted while a rotation lasts.</p>
<div class="scroll">${drawTimeline(rows, now)}</div></section>
<section><h2>Who signs whom</h2>
<p class="hint">Left: CAs. Right: what they issued. Dashed: accepted while a rotation lasts.</p>
<div class="scroll">${drawMap(roots)}</div></section>
<section><h2>Certificates</h2><div class="scroll">${certificates(rows)}</div></section>
<footer><p>Written by talos-pki. Public facts only: no private key and no token is in this file.</p></footer>
</body>
</html>`.text
  }\n`;
}

const STATES = ["expired", "critical", "warning", "ok"] as const;

function counts(rows: readonly ReportNode[], liveNodes: readonly LiveNode[] = []): Markup {
  const items = STATES.flatMap((state) => {
    const count = rows.filter((row) => row.state === state).length;
    return count === 0 ? [] : [markup`<li class="${state}"><b>${count}</b> ${state}</li>`];
  });
  const bad = liveNodes.filter(({ state }) => state !== "ok");
  const worst = bad.some(({ state }) => state === "critical") ? "critical" : "warning";
  const nodes =
    bad.length === 0 ? [] : [markup`<li class="${worst}"><b>${bad.length}</b> of ${liveNodes.length} nodes</li>`];
  return markup`<ul class="counts">${[...items, ...nodes]}</ul>`;
}

const NODE_WORDS: Readonly<Record<LiveNode["state"], string>> = { ok: "ok", warning: "unknown", critical: "not ok" };

function nodeSection(nodes: readonly LiveNode[], now: Date): Markup {
  return markup`<section><h2>Nodes</h2>
<p class="hint">As each met the client of the talosconfig at ${readableTime(now)}. A node renews the certificate that it serves itself.</p>
<div class="live">${nodes.map(nodeCard)}</div></section>`;
}

function nodeCard({ node, state, serves, accepted, problems }: LiveNode): Markup {
  const facts =
    serves === undefined
      ? undefined
      : markup`<dl><dt>issuer</dt><dd>${serves.issuer || "(no name)"}${serves.isExpected ? "" : ", unexpected"}</dd><dt>ends</dt><dd>${readableTime(new Date(serves.notAfter))}</dd><dt>SHA-256</dt><dd><code>${serves.fingerprint.slice(0, 32)}…</code></dd></dl>`;
  const client = accepted === undefined ? undefined : markup`<p>The client is ${accepted ? "let in" : "rejected"}.</p>`;
  return markup`<article class="${state}"><h3>${node} <span class="verdict">${NODE_WORDS[state]}</span></h3>
${client}${facts}${problems.map((problem) => markup`<p class="problem">${problem}</p>`)}</article>`;
}

function rotationSection(rotations: readonly ReportRotation[]): Markup {
  const begun = rotations.filter(({ stage }) => stage !== "none");
  const others = rotations
    .filter(({ stage }) => stage === "none")
    .map(({ resource, authority }) => `${resource}: ${titleOf(authority)}`);
  return markup`<section><h2>Rotations</h2>
${begun.length === 0 ? undefined : markup`<div class="rotations">${begun.map(rotation)}</div>`}
${others.length === 0 ? undefined : markup`<p class="hint">Never rotated: ${others.join(", ")}.</p>`}</section>`;
}

const STAGES = ["accept", "swap", "finish"] as const;

function rotation({ resource, authority, id, stage, issuing, accepted, todo, verdict }: ReportRotation): Markup {
  const reached = STAGES.findIndex((name) => name === stage);
  const steps = STAGES.map((name, index) => {
    const state = reached === -1 || index > reached ? "ahead" : index < reached || name === "finish" ? "done" : "here";
    return markup`<li class="${state}"${state === "here" ? new Markup(' aria-current="step"') : undefined}>${name}</li>`;
  });
  const title = `rotation ${id ?? ""}${stage === "abort" ? ", aborted" : ""}`;
  return markup`<article><h3>${resource}: ${titleOf(authority)}</h3><p>${title}</p><ol class="steps">${steps}</ol>
<dl><dt>issuing</dt><dd><code>${issuing.slice(0, 32)}…</code></dd>${accepted.map((fingerprint) => markup`<dt>accepted</dt><dd><code>${fingerprint.slice(0, 32)}…</code></dd>`)}</dl>
${verdict === undefined ? undefined : nodesOf(verdict)}<p class="todo">${todo}</p></article>`;
}

/** Which nodes have completed the stage, and what the others lack. */
function nodesOf({ nodes }: RotationVerdict): Markup {
  const items = nodes
    .filter(({ concerned }) => concerned)
    .map(({ node, through, gaps }) =>
      through
        ? markup`<li class="ok">${node}: through</li>`
        : markup`<li class="critical">${node}: ${gaps.join("; ")}</li>`,
    );
  return markup`<ul class="nodes">${items}</ul>`;
}

function certificates(rows: readonly ReportNode[]): Markup {
  return markup`<table><thead><tr><th>Name</th><th>Subject</th><th>For</th><th>Issuer</th><th>Key</th><th>Valid</th><th>Left</th><th>SHA-256</th></tr></thead>
<tbody>${rows.map(certificate)}</tbody></table>`;
}

function certificate(row: ReportNode): Markup {
  const { facts } = row;
  const names = [...facts.dnsNames, ...facts.ipAddresses];
  const what = [facts.kind, ...facts.roles, ...names].join(", ");
  const issuer = facts.issuer.authority ?? (facts.issuer.subject || "(no name)");
  return markup`<tr class="${row.state}"><td>${row.name}</td><td>${row.subject || "(no name)"}</td><td>${what}</td><td>${issuer}</td><td>${facts.algorithm}</td>
<td class="valid">${row.notBefore.slice(0, 10)} to<br>${row.notAfter.slice(0, 10)}</td><td class="left">${describeLeft(row.secondsLeft)}</td><td><code>${row.fingerprint}</code></td></tr>`;
}
