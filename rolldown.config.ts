import { defineConfig } from "rolldown";

export default defineConfig({
  input: {
    index: "src/index.ts",
    record: "src/record/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  platform: "node",
  // Dependencies are installed, not bundled: users get their security updates.
  external: /^[^./]/,
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    sourcemap: true,
  },
});
