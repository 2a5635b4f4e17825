import { existsSync } from "node:fs";

import { ROOT } from "./oak.js";

/** A folder of published or prepared data beside the project, which not every checkout has. */
export function sharedData(name: string): { readonly path: string; readonly absent: boolean } {
  const path = `${ROOT}../shared/data/${name}`;
  const absent = !existsSync(path);
  if (absent) console.warn(`skipped: ${path} is not there`);
  return { path, absent };
}
