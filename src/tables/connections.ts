import type { DuckDBConnection } from "@duckdb/node-api";

const open = new Set<DuckDBConnection>();
let watchesExit = false;

/** What gives connections: the engine, or open tables. */
export interface Connectable {
  connect(): Promise<DuckDBConnection>;
}

/**
 * Connects to the engine. A query that is under way when the process exits is given up then: the process would wait for
 * its end.
 */
export async function connectTo(source: Connectable): Promise<DuckDBConnection> {
  const connection = await source.connect();
  open.add(connection);
  if (!watchesExit) {
    watchesExit = true;
    // Before the temporary folder is removed, into which it may write.
    process.prependListener("exit", () => open.forEach((one) => one.interrupt()));
  }
  return connection;
}

export function disconnect(connection: DuckDBConnection): void {
  open.delete(connection);
  connection.closeSync();
}
