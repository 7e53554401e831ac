// node keeper.mjs SET-FOLDER IMAGES ADDRESS PORT [--until-eof]
// Serves the images of a set of nodes. On SIGTERM, or when its stdin ends because the owner of the set is gone, it removes
// the set: an owner that is killed cannot do that itself.
import { createServer } from "node:http";

import { NodeSet } from "./nodeSet.mjs";
import { registry } from "./registry.mjs";

const [folder, images, address, port, untilEof] = process.argv.slice(2);

const server = createServer(registry(images));
let removing;

function finish() {
  removing ??= new NodeSet(undefined, folder).remove().then(
    () => process.exit(0),
    (error) => {
      process.stderr.write(`${error.stack}\n`);
      process.exit(1);
    },
  );
}

process.on("SIGTERM", finish);
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
if (untilEof !== undefined) {
  process.stdin.on("end", finish).on("error", finish).resume();
}
server.listen(Number(port), address, () => process.stdout.write("READY\n"));
