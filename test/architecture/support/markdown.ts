import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const repository = resolve(__dirname, "..", "..", "..");

/** A fenced block of a document. */
export interface Block {
  /** `docs/rotate.md:12` */
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

export interface Document {
  /** Path, relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** Documents with these names are somebody else's, or made by a tool. */
const IGNORED = /(^|\/)(node_modules|dist|\.build|\.state)(\/|$)/;

function below(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => path.endsWith(".md") && !IGNORED.test(path));
}

/** Every document of the project: README, docs, examples. */
export function documents(): readonly Document[] {
  const root = readdirSync(repository).filter((name) => name.endsWith(".md"));
  return [...root, ...below("docs"), ...below("examples")]
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

/** The fenced blocks of a document. */
export function blocksOf({ path, text }: Document): readonly Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    where: `${path}:${text.slice(0, match.index).split("\n").length}`,
    language: match[1] ?? "",
    text: match[2] ?? "",
  }));
}

/** The blocks of a language, in all documents. */
export const blocks = (language: string): readonly Block[] =>
  documents().flatMap((document) => blocksOf(document).filter((block) => block.language === language));

/** A heading's anchor, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

/** The anchors of a document. */
export const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? "")));

/** Links to files of the repository: target path and anchor, relative to the repository. */
export function linksOf({ path, text }: Document): readonly { readonly target: string; readonly anchor: string }[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = "", anchor = ""] = link.split("#");
      return { target: file === "" ? path : relative(repository, resolve(repository, dirname(path), file)), anchor };
    });
}

/** A simple command of a shell block: its words, without variables before it. */
export function commandsOf(block: Block): readonly string[][] {
  return block.text
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/\s*(?:\|\|?|&&|;)\s*/))
    .map((command) => command.replace(/\s*[<>]\s*\S+/g, "").trim())
    .filter((command) => command !== "")
    .map((command) => [...command.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map((match) => match[0]))
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))));
}
