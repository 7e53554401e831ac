import { readFileSync } from "node:fs";

import { isMap, parseAllDocuments } from "yaml";
import type { Document } from "yaml";

import type { Folder } from "./files";

/** Changes the first document of a YAML file into a file `name` in `folder`; answers the new path. */
export function edited(folder: Folder, from: string, name: string, change: (document: Document) => void): string {
  const documents = parseAllDocuments(readFileSync(from, "utf8"));
  const [first] = documents;
  if (first === undefined || !isMap(first.contents)) throw new Error(`${from} is no YAML mapping`);
  change(first);
  const text = documents.map((document) => document.toString({ indent: 4, lineWidth: 0 })).join("---\n");
  return folder.write(name, text);
}

/** The string at a path of the first YAML document of a file. */
export function valueAt(path: string, ...keys: (string | number)[]): string {
  const value = parseAllDocuments(readFileSync(path, "utf8"))[0]?.getIn(keys);
  if (typeof value !== "string") throw new Error(`${path} has no string at ${keys.join(".")}`);
  return value;
}

/** The PEM text whose base64 is at a path. */
export const pemAt = (path: string, ...keys: (string | number)[]): string =>
  Buffer.from(valueAt(path, ...keys), "base64").toString("utf8");
