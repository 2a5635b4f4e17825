/**
 * Loads what reads the tables, with the SQL engine, which takes longest of all. Who calls this first may load what else is
 * needed while the engine is at work; what opens tables needs no such call.
 */
export async function loadTables(): Promise<void> {
  await import("../tables/tables.js");
}
