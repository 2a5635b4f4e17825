import { fileURLToPath } from "node:url";

import type { InstalledFiles } from "../capture/claude-code/setup/install.js";

/** What of this installation Claude Code runs. */
export const INSTALLED: InstalledFiles = {
  // As far from dist/cli as from dist/chunks.
  hook: fileURLToPath(new URL("../hook.cjs", import.meta.url)),
  oak: fileURLToPath(new URL("../cli/main.cjs", import.meta.url)),
};
