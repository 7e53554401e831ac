import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { capture } from "./run.mjs";

const json = (...keys) => ({
  read: (text) => keys.reduce((value, key) => value?.[key], JSON.parse(text)),
});
const matched = (pattern) => ({ read: (text) => pattern.exec(text)?.[1] });
const POM = matched(/<artifactId>talos-pki<\/artifactId>\s*<version>([^<]*)</);

/** Every file that says which version this is. */
const VERSIONS = {
  "package.json": json("version"),
  "package-lock.json": json("version"),
  "schema.json": json("version"),
  "sdk/python/pyproject.toml": matched(/^\s*version = "([^"]*)"/m),
  "sdk/python/pulumi_talos_pki/pulumi-plugin.json": json("version"),
  "sdk/go/talospki/pulumi-plugin.json": json("version"),
  "sdk/dotnet/pulumi-plugin.json": json("version"),
  "sdk/dotnet/version.txt": matched(/^(\S*)\s*$/),
  "sdk/dotnet/Pulumi.TalosPki.csproj": matched(/<Version>([^<]*)</),
  "sdk/java/pom.xml": POM,
  "sdk/java/src/main/resources/com/pulumi/talos-pki/plugin.json": json("version"),
  "sdk/java/src/main/resources/com/pulumi/talos-pki/version.txt": matched(/^(\S*)\s*$/),
  "examples/java/pom.xml": POM,
};

/** Where a tree says its version: `{file: version}`. */
export function versionsIn(root) {
  return Object.fromEntries(
    Object.entries(VERSIONS).map(([file, { read }]) => [file, read(readFileSync(join(root, file), "utf8"))]),
  );
}

function versionProblems(root, version) {
  return Object.entries(versionsIn(root))
    .filter(([, own]) => own !== version)
    .map(([file, own]) => `${file}: has version ${own}; must be ${version}, as in package.json`);
}

async function treeProblems(root) {
  const { code, stdout, stderr } = await capture("git", ["status", "--porcelain"], { cwd: root });
  if (code !== 0) {
    return [`git status: ${stderr.trim()}`];
  }
  const paths = stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.slice(3)]));
  return paths.length === 0
    ? []
    : [`the tree is not what is committed; commit or remove ${paths.slice(0, 5).join(", ")}`];
}

async function tagProblems(root, version, tag) {
  if (tag === undefined) {
    return [];
  }
  if (tag !== `v${version}`) {
    return [`the tag is ${tag}; must be v${version}, as package.json says`];
  }
  const [head, tagged] = await Promise.all(
    ["HEAD", `refs/tags/${tag}^{commit}`].map((name) => capture("git", ["rev-parse", "--verify", name], { cwd: root })),
  );
  return tagged.code === 0 && tagged.stdout === head.stdout ? [] : [`the tag ${tag} is not of this commit`];
}

/** What the changelog says of a version that has its date, without the heading, or undefined. */
export function notesOf(root, version) {
  const [, ...sections] = readFileSync(join(root, "CHANGELOG.md"), "utf8").split(/^## /m);
  const own = sections.find((text) => text.startsWith(`${version} – `) && /^.* – \d{4}-\d{2}-\d{2}\n/.test(text));
  return own?.slice(own.indexOf("\n") + 1).trim();
}

function changelogProblems(root, version) {
  return notesOf(root, version) === undefined ? [`CHANGELOG.md: has no heading \`## ${version} – YYYY-MM-DD\``] : [];
}

function frozenProblems(root, version) {
  const files = ["state.json", "plugin-state.json"].map((file) => `test/frozen/v${version}/${file}`);
  const absent = files.filter((file) => !existsSync(join(root, file)));
  return absent.length === 0 ? [] : [`${absent.join(", ")}: missing; \`npm run freeze\` makes them`];
}

function repositoryProblems(manifest, repository) {
  const url = manifest.repository?.url;
  if (url === undefined) {
    return ["package.json: has no repository.url, by which npm proves where the package was built"];
  }
  const own = /github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/.exec(url)?.[1];
  return repository === undefined || repository === own
    ? []
    : [`package.json: repository.url names ${own ?? url}; must be ${repository}, where this runs`];
}

/**
 * What keeps a tree from being released, all at once; none where nothing does. `tag` and `repository` ("owner/name") are those of
 * the release, where there is one already.
 */
export async function releaseProblems(root, { tag, repository } = {}) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { version } = manifest;
  return [
    ...(await treeProblems(root)),
    ...(await tagProblems(root, version, tag)),
    ...versionProblems(root, version),
    ...changelogProblems(root, version),
    ...frozenProblems(root, version),
    ...repositoryProblems(manifest, repository),
  ];
}
