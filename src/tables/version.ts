import { crc32 } from "node:zlib";

import * as fold from "./fold.js";
import { createTables, MEASURES_VERSION } from "./schema.js";

/** What made the tables: cached ones that were made in another way are made again. */
export const TABLES_VERSION = `${MEASURES_VERSION}-${crc32(createTables("base") + Object.values(fold).join(""))}`;
