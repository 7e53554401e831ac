/** What package.json says of where the project is published. */
export interface PublishedManifest {
  readonly version: string;
  readonly repository?: { readonly url: string };
}

/** Where users and Pulumi find the project, and what its releases hold. */
export interface Publication {
  readonly homepage: string;
  readonly repository: string;
  /** Where Pulumi downloads the plugin. */
  readonly pluginDownloadURL: string;
  /** Import path of the Go module. */
  readonly goModule: string;
}

const GITHUB = /^(?:git\+)?https:\/\/(github\.com\/([\w.-]+\/[\w.-]+?))(?:\.git)?$/;

/**
 * Where a package is published, all of it by `repository` in its package.json, the one place that names it; `undefined` while
 * there is none.
 *
 * @throws Error if the repository is not on GitHub, where Pulumi looks for archives in releases
 * @example
 * publicationOf({ version: "1.0.0", repository: { url: "git+https://github.com/owner/name.git" } })?.pluginDownloadURL;
 */
export function publicationOf({ repository }: PublishedManifest): Publication | undefined {
  if (repository === undefined) return undefined;
  const [, place, name] = GITHUB.exec(repository.url) ?? [];
  if (place === undefined || name === undefined)
    throw new Error(`package.json: repository.url: must be git+https://github.com/<owner>/<name>.git`);
  const url = `https://${place}`;
  return {
    homepage: url,
    repository: url,
    pluginDownloadURL: `github://api.github.com/${name}`,
    goModule: `${place}/sdk/go/talospki`,
  };
}
