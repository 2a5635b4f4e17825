import { defineConfig } from "rolldown";

export default defineConfig({
  input: {
    index: "src/index.ts",
    record: "src/record/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  // Dependencies are installed, not bundled: users get their security updates. But for the parser of the command line:
  // that makes every command start sooner.
  external: (id) => /^[^./]/.test(id) && id !== "commander",
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    sourcemap: true,
    // Every file that is loaded costs a millisecond of the start.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: "event", test: /src\/event\/(agent-files|clock|directory|events|json)\.ts$/ },
        { name: "recorder", test: /src\/record\// },
        { name: "command-line", test: /commander|src\/cli\/(errors|format|options|periods|reading|terminal)\.ts$/ },
      ],
    },
  },
});
