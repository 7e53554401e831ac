// npm run docs: writes docs/api.md, docs/validation.md, and the table of warnings in docs/errors.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { apiReference } from "./api";
import { withWarnings } from "./api/warnings";
import { validationPage } from "./validationPage";

const docs = join(__dirname, "..", "docs");
const errors = join(docs, "errors.md");

writeFileSync(join(docs, "api.md"), apiReference());
writeFileSync(join(docs, "validation.md"), validationPage());
writeFileSync(errors, withWarnings(readFileSync(errors, "utf8")));
