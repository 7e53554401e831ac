import tseslint from "typescript-eslint";

/** Who may import whom; docs/design.md draws the same map. */
const forbid = (files, patterns) => ({
  files,
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      { patterns: patterns.map(([group, message]) => ({ group, message, allowTypeImports: false })) },
    ],
  },
});

export default tseslint.config(
  {
    ignores: [
      "dist",
      "node_modules",
      "test/vectors",
      ".build",
      ".state",
      "sdk/python",
      "sdk/go",
      "sdk/dotnet",
      "sdk/java",
      "examples/**/node_modules",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ["./tsconfig.test.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { ignoreRestSiblings: true, varsIgnorePattern: "^_", argsIgnorePattern: "^_" },
      ],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  forbid(
    ["provider/core/**/*.ts"],
    [
      [["@pulumi/*", "@pulumi/**"], "the core knows no Pulumi"],
      [
        [
          "fs",
          "node:fs",
          "fs/*",
          "node:fs/*",
          "net",
          "node:net",
          "tls",
          "node:tls",
          "http",
          "https",
          "node:http",
          "node:https",
          "child_process",
          "node:child_process",
          "os",
          "node:os",
          "path",
          "node:path",
          "process",
          "node:process",
        ],
        "the core is pure: no file system, no network, no process",
      ],
      [["**/engine/**", "**/resources/**", "**/adapters/**", "**/cli/**", "**/sdk/**"], "the core knows nobody"],
    ],
  ),
  forbid(
    ["provider/engine/**/*.ts", "provider/resources/**/*.ts"],
    [
      [["@pulumi/*", "@pulumi/**"], "definitions know no Pulumi"],
      [["**/adapters/**", "**/cli/**", "**/sdk/**"], "definitions know only the engine and the core"],
    ],
  ),
  {
    files: ["provider/core/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "time is an argument" },
        { object: "Math", property: "random", message: "randomness is an argument" },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "time is an argument" },
      ],
    },
  },
  {
    files: ["test/**/*.ts", "tools/**/*.ts"],
    rules: {
      "no-console": "off",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  // Plain JavaScript (tools run before anything is installed) has no types to check with.
  { files: ["**/*.{js,mjs,cjs}"], ...tseslint.configs.disableTypeChecked },
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
