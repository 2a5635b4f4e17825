import { availableParallelism } from "node:os";

import { defineConfig } from "vitest/config";

// Where CI wants the counts.
const report = process.env["OAK_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "dashboard/src/**/*.test.ts"],
    // Many tests wait for processes of their own: one worker more than there are processors keeps these busy.
    maxWorkers: availableParallelism() + 1,
    // For what hangs: the longest test takes four minutes where eight processes want each processor.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
