import { defineConfig } from "rolldown";

export default defineConfig({
  input: {
    index: "src/index.ts",
    record: "src/record/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  platform: "node",
  // Dependencies are installed, not bundled: users get their security updates. But for the parser of the command line:
  // that makes every command start sooner.
  external: (id) => /^[^./]/.test(id) && id !== "commander",
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    sourcemap: true,
  },
});
