import { defineConfig } from "rolldown";

/** The package. */
const library = defineConfig({
  input: {
    index: "src/index.ts",
    record: "src/record/index.ts",
    otel: "src/capture/otel.ts",
    "openai-agents": "src/capture/openai-agents.ts",
    "ai-sdk": "src/capture/ai-sdk.ts",
    "cli/main": "src/cli/main.ts",
  },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  // Dependencies are installed, not bundled: users get their security updates. But for the parser of the command line
  // and the JavaScript of the SQL engine, which make every command start sooner, the generated code that reads OTLP's
  // protobuf, of which the package that holds it brings much else, and the hash that the hook must hold anyway.
  external: (id) =>
    /^[^./]/.test(id) &&
    !/^(?:commander|@duckdb\/node-api|protobufjs|long|@opentelemetry\/otlp-transformer|@noble\/hashes)(?:\/|$)/.test(
      id,
    ),
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
        // What opens tables, with the engine. kept.ts, which loads it, stays outside.
        {
          name: "tables",
          test: /@duckdb\/node-api|src\/tables\/(cache|connections|engine|fold|lines|measure|measuring|refresh|replace|schema|selection-queries|sql|stage|tables|temporary-folder|version|waits)\.ts$/,
        },
        { name: "recorder", test: /src\/record\// },
        {
          name: "command-line",
          test: /commander|src\/cli\/(errors|format|options|periods|reading|terminal|version)\.ts$/,
        },
      ],
    },
  },
});

/**
 * The hook of Claude Code starts for every event: one file that needs nothing else. The rules that find secrets are beside
 * it, because to compile them takes a tenth of its start and most payloads do not need them.
 */
const hook = defineConfig({
  input: { hook: "src/capture/claude-code/hook/entry.ts" },
  platform: "node",
  output: {
    dir: "dist",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "hook-[name].cjs",
    minify: true,
  },
});

export default [library, hook];
