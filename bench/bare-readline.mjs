// @ts-check
// Reads all transcripts below a folder with readline and JSON.parse, and nothing more: `node bare-readline.mjs FOLDER`.
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = process.argv[2] ?? "";
let records = 0;
for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".jsonl")) continue;
  for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
    JSON.parse(line);
    records++;
  }
}
console.log(JSON.stringify({ records }));
