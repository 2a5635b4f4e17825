import { existsSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { toJson } from "../event/json.js";
import { AlertSchema } from "./alert.js";

const FILE = "alerts.json";
const VERSION = 1;

/** Where an alert can go besides the dashboard. */
export const CHANNELS = ["stderr", "command", "webhook"] as const;

export type Channel = (typeof CHANNELS)[number];

const schema = z.object({
  version: z.literal(VERSION),
  known: z.array(z.object({ alert: AlertSchema, level: z.number(), until: z.string().nullable() })),
  undelivered: z.array(z.object({ alert: AlertSchema, channel: z.enum(CHANNELS) })),
});

/** What must outlive the process: what has fired, and what of it is still to be delivered. */
export type AlertState = Omit<z.infer<typeof schema>, "version">;

const NOTHING: AlertState = { known: [], undelivered: [] };

/** Only one process at a time lets alerts fire. */
export function lockOf(directory: string): string {
  return join(directory, "alerts.lock");
}

/**
 * Reads the state of the alerts of a telemetry directory.
 *
 * @returns with `trouble` when the file is damaged: then everything fires anew
 * @throws what the file system says
 */
export async function readState(directory: string): Promise<AlertState & { readonly trouble?: string }> {
  const path = join(directory, FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (text === undefined) return NOTHING;
  try {
    const { known, undelivered } = schema.parse(JSON.parse(text));
    return { known, undelivered };
  } catch {
    return { ...NOTHING, trouble: `${path} is damaged: alerts that fired before may fire again` };
  }
}

/**
 * Replaces the state by rename: nobody ever sees half of one.
 *
 * @throws what the file system says
 */
export async function writeState(directory: string, { known, undelivered }: AlertState): Promise<void> {
  const path = join(directory, FILE);
  if (known.length + undelivered.length === 0) return rm(path, { force: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(`${toJson({ version: VERSION, known, undelivered })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Whether there is anything to keep a state in: a directory is not made for it. */
export function canHaveState(directory: string): boolean {
  return existsSync(directory);
}
