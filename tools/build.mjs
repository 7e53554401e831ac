// npm run build: compiles provider/ and sdk/ into dist/.
import { build } from "./lib/ready.mjs";
import { runMain } from "./lib/say.mjs";

await runMain(() => build());
