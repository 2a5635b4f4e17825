import {
  BOOLEAN,
  DOUBLE,
  INTEGER,
  DuckDBDataChunk,
  type DuckDBConnection,
  type DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";

/** A row of a query: lists are arrays, structs objects, whole numbers plain numbers. */
export type Row = Record<string, unknown>;

/** Runs a query and gives all its rows. */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  parameters: Record<string, DuckDBValue> = {},
): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql, parameters);
  const names = reader.deduplicatedColumnNames();
  return reader.getRowsJS().map((row) => Object.fromEntries(row.map((value, i) => [names[i]!, toPlain(value)])));
}

/** Runs a query that gives one number. */
export async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  return Object.values((await rowsOf(connection, sql))[0]!)[0] as number;
}

/** Counts come as BigInt; nothing here is counted beyond 2^53. */
function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toPlain(field)]));
}

/**
 * Streams the rows of a query over a connection of its own, so that several can be read side by side. By columns: a
 * million rows come several times faster than as objects of the library's.
 */
export async function* stream<R>(instance: DuckDBInstance, sql: string): AsyncGenerator<R[]> {
  const connection = await instance.connect();
  try {
    const result = await connection.stream(sql);
    const names = result.columnNames() as (keyof R)[];
    for await (const chunk of result) {
      const columns = chunk.getColumns() as R[keyof R][][];
      const rows: R[] = [];
      for (let i = 0; i < chunk.rowCount; i++) {
        const row = {} as R;
        for (let c = 0; c < names.length; c++) row[names[c]!] = columns[c]![i]!;
        rows.push(row);
      }
      yield rows;
    }
  } finally {
    connection.closeSync();
  }
}

const CHUNK_ROWS = 2048;
const TYPES: Readonly<Record<string, DuckDBType>> = { DOUBLE, INTEGER, BOOLEAN };

/** Appends rows to a table, many times faster than by INSERT. */
export class TableWriter {
  readonly #columns: DuckDBValue[][];
  readonly #types: DuckDBType[];

  private constructor(
    private readonly appender: Awaited<ReturnType<DuckDBConnection["createAppender"]>>,
    types: readonly string[],
  ) {
    this.#types = types.map((type) => TYPES[type]!);
    this.#columns = types.map(() => []);
  }

  static async open(connection: DuckDBConnection, table: string, types: readonly string[]): Promise<TableWriter> {
    return new TableWriter(await connection.createAppender(table), types);
  }

  /** @param row values in the order of the columns */
  write(row: readonly DuckDBValue[]): void {
    for (let i = 0; i < row.length; i++) this.#columns[i]!.push(row[i]!);
    if (this.#columns[0]!.length === CHUNK_ROWS) this.#flush();
  }

  close(): void {
    if (this.#columns[0]!.length > 0) this.#flush();
    this.appender.closeSync();
  }

  #flush(): void {
    const chunk = DuckDBDataChunk.create(this.#types);
    chunk.setColumns(this.#columns);
    this.appender.appendDataChunk(chunk);
    for (const column of this.#columns) column.length = 0;
  }
}
