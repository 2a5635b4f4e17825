import { defineConfig, type Plugin } from "rolldown";

// Dependencies are installed, not bundled: users get their security updates. But for the parser of the command line, the
// widths of texts and, in the command, the SQL engine's JavaScript, which make commands start sooner, the generated code
// that reads OTLP's protobuf, of which the package that holds it brings much else, and the hash that the hook must hold
// anyway.
const BUNDLED =
  /^(?:commander|string-width|strip-ansi|ansi-regex|get-east-asian-width|protobufjs|long|@opentelemetry\/otlp-transformer|@noble\/hashes)(?:\/|$)/;
const external = (id: string): boolean => /^[^./\0]/.test(id) && !BUNDLED.test(id);

/** The package, for programs. */
const library = defineConfig({
  input: {
    index: "src/index.ts",
    record: "src/record/index.ts",
    otel: "src/capture/otel.ts",
    "openai-agents": "src/capture/openai-agents.ts",
    "ai-sdk": "src/capture/ai-sdk.ts",
  },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  external,
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    sourcemap: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: "recorder", test: /src\/(record|otlp)\/|src\/event\/(agent-files|clock|directory|events|json)\.ts$/ },
      ],
    },
  },
});

/** The parser of the command line loads what starts processes, for commands that are programs of their own: there are none. */
const startsNoProcess: Plugin = {
  name: "commander-starts-no-process",
  transform: {
    filter: { id: /commander[\\/]lib[\\/]command\.js$/ },
    handler(code) {
      const atOnce = "const childProcess = require('node:child_process');";
      if (!code.includes(atOnce)) this.error("commander has changed: where does it load node:child_process?");
      const whenNeeded = "const childProcess = { spawn: (...all) => require('node:child_process').spawn(...all) };";
      return { code: code.replace(atOnce, whenNeeded), map: null };
    },
  },
};

/**
 * What knows where the characters of a text end, and which are emoji, takes 25 ms to make, the expression as soon as it is
 * parsed: both are made when the first text is no plain one.
 */
const measuresLate: Plugin = {
  name: "string-width-measures-late",
  transform: {
    filter: { id: /string-width[\\/]index\.js$/ },
    handler(code) {
      const late = [
        ["const segmenter = new Intl.Segmenter();", "let segmenter;"],
        ["segmenter.segment(", "(segmenter ??= new Intl.Segmenter()).segment("],
        ["const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;", "let rgiEmojiRegex;"],
        ["rgiEmojiRegex.test(", '(rgiEmojiRegex ??= new RegExp("^\\\\p{RGI_Emoji}$", "v")).test('],
      ] as const;
      for (const [now, then] of late) {
        if (code.split(now).length !== 2) this.error(`string-width has changed: where is ${now}`);
        code = code.replace(now, () => then);
      }
      return { code, map: null };
    },
  },
};

const ENGINE = "@duckdb/node-api";
const NATIVE_ENGINE = "@duckdb/node-bindings";
const NATIVE_MODULE = "\0native-engine";

/**
 * The JavaScript of the SQL engine is more than a hundred files, which takes Node longer to find and read than the engine
 * takes to start: the command holds it. The native part stays where it is installed, and is asked for in the name of the
 * package that depends on it; both are of the version that package.json pins.
 */
const holdsEngine: Plugin = {
  name: "command-holds-engine",
  transform: {
    filter: { id: /src[\\/]tables[\\/]engine\.ts$/ },
    handler(code) {
      const installed = `createRequire(import.meta.url)("${ENGINE}")`;
      if (!code.includes(installed)) this.error("how does the SQL engine load?");
      return { code: code.replace(installed, `require("${ENGINE}")`), map: null };
    },
  },
  resolveId: {
    filter: { id: new RegExp(`^${NATIVE_ENGINE}$`) },
    handler: () => NATIVE_MODULE,
  },
  load: {
    filter: { id: new RegExp(`^${NATIVE_MODULE}$`) },
    handler: () =>
      `module.exports = require("node:module").createRequire(require.resolve("${ENGINE}"))("${NATIVE_ENGINE}");`,
  },
};

/**
 * The command is CommonJS: Node starts that a fifth sooner than modules, and to import `node:fs` into a module loads all
 * that the export list of `node:fs` can load. What every command needs is in the entry, the recorder in a second file:
 * each file takes a millisecond.
 */
const command = defineConfig({
  input: { "cli/main": "src/cli/main.ts" },
  platform: "node",
  plugins: [startsNoProcess, measuresLate, holdsEngine],
  preserveEntrySignatures: "allow-extension",
  external: (id) => external(id) && id !== ENGINE && id !== NATIVE_ENGINE,
  output: {
    dir: "dist",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "chunks/[name]-[hash].cjs",
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: "recorder", test: /src\/(record|otlp)\// }],
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

export default [library, command, hook];
