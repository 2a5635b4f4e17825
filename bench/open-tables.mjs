// @ts-check
// Opens the tables of a directory and prints how long that took, how long a report then took, and the peak memory:
// `node open-tables.mjs DIRECTORY`.
import { TelemetryAnalyzer } from "oak-telemetry";

const start = performance.now();
const analyzer = new TelemetryAnalyzer({ directory: process.argv[2] ?? "" });
await analyzer.unreadableLines();
const opened = performance.now();
await analyzer.generateReport();
const done = performance.now();
analyzer.close();
console.log(
  JSON.stringify({
    seconds: (opened - start) / 1000,
    report_seconds: (done - opened) / 1000,
    peak_megabytes: process.resourceUsage().maxRSS / 1024,
  }),
);
