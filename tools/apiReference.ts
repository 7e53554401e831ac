// npm run docs: writes docs/api.md.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { apiReference } from "./api";

writeFileSync(join(__dirname, "..", "docs", "api.md"), apiReference());
