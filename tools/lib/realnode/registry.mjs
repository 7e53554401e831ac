import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { manifestType } from "./image.mjs";

/**
 * Answers the requests of containerd for the images that `makeImages` has made. The tag of a name does not matter: there
 * is one version of each program. Ranges are ignored, as HTTP allows.
 */
export function registry(images) {
  const index = JSON.parse(readFileSync(join(images, "index.json"), "utf8"));
  const find = (path) => {
    const [, name, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const digest = reference?.startsWith("sha256:") ? reference : kind === "manifests" ? index[name] : undefined;
    if (digest === undefined) {
      return undefined;
    }
    const file = join(images, "blobs", digest);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    const type = kind === "manifests" ? manifestType : "application/octet-stream";
    return size === undefined ? undefined : { file, size, type, digest };
  };
  return (request, response) => {
    const { pathname } = new URL(request.url, "http://registry");
    if (pathname === "/v2/") {
      response.end();
      return;
    }
    const found = find(pathname);
    if (found === undefined) {
      response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[{"code":"NAME_UNKNOWN"}]}');
      return;
    }
    response.writeHead(200, {
      "content-type": found.type,
      "content-length": found.size,
      "docker-content-digest": found.digest,
    });
    if (request.method === "HEAD") {
      response.end();
    } else {
      createReadStream(found.file).pipe(response);
    }
  };
}
