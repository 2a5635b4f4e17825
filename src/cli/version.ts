import { readFileSync } from "node:fs";

/** The version of this package. */
export function version(): string {
  // As far from src/cli as from dist/chunks.
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
