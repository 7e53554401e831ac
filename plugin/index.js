// Pulumi starts the plugin by the executable beside this file; where it cannot (Windows), by PulumiPlugin.yaml and this file.
// eslint-disable-next-line @typescript-eslint/no-require-imports
require("../dist/provider/adapters/plugin/main.js");
