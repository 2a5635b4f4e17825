import { crc32 } from "node:zlib";

import { LOG_KINDS } from "../event/directory.js";
import { engine } from "./engine.js";
import * as fold from "./fold.js";
import { LINE_MACROS, stageLines } from "./lines.js";
import { createTables, MEASURES_VERSION } from "./schema.js";
import { WINDOW_FROM, WINDOW_TO } from "./window.js";

const SQL = [
  createTables("base"),
  LINE_MACROS,
  ...LOG_KINDS.map((kind) => stageLines(kind, "", 0)),
  ...Object.values(fold),
  WINDOW_FROM,
  WINDOW_TO,
].join("");

/** What made the tables: cached ones that were made in another way, or by another engine, are made again. */
export const TABLES_VERSION = `${MEASURES_VERSION}-${crc32(SQL)}-${engine.version()}`;
