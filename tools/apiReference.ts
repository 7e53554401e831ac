// npm run docs: writes docs/api.md, and the table of warnings in docs/errors.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { apiReference } from "./api";
import { withWarnings } from "./api/warnings";

const docs = join(__dirname, "..", "docs");
const errors = join(docs, "errors.md");

writeFileSync(join(docs, "api.md"), apiReference());
writeFileSync(errors, withWarnings(readFileSync(errors, "utf8")));
