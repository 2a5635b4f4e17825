import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue, DuckDBVector } from "@duckdb/node-api";

import { connectTo, disconnect, type Connectable } from "./connections.js";
import { engine } from "./engine.js";

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
export async function* stream<R>(source: Connectable, sql: string): AsyncGenerator<R[]> {
  const connection = await connectTo(source);
  try {
    const result = await connection.stream(sql);
    const names = result.columnNames() as (keyof R)[];
    for await (const chunk of result) {
      const columns = names.map((_, c) => chunk.getColumnVector(c));
      const rows: R[] = [];
      for (let i = 0, count = chunk.rowCount; i < count; i++) {
        const row = {} as R;
        for (let c = 0; c < names.length; c++) row[names[c]!] = columns[c]!.getItem(i) as R[keyof R];
        rows.push(row);
      }
      yield rows;
    }
  } finally {
    disconnect(connection);
  }
}

/** Numbers of some rows, by column. */
export type Columns<C extends string> = Readonly<Record<C, Float64Array>>;

/**
 * Streams the columns of a query for nothing but DOUBLE, over a connection of its own: several times faster than rows.
 * What is null comes as NaN.
 */
export async function* streamNumbers<C extends string>(source: Connectable, sql: string): AsyncGenerator<Columns<C>> {
  const connection = await source.connect();
  try {
    const result = await connection.stream(sql);
    const names = result.columnNames();
    for await (const chunk of result) {
      const columns = names.map((name, c) => {
        const vector = chunk.getColumnVector(c);
        const numbers = new Float64Array(chunk.rowCount);
        for (let i = 0; i < numbers.length; i++) numbers[i] = (vector.getItem(i) as number | null) ?? Number.NaN;
        return [name, numbers];
      });
      yield Object.fromEntries(columns) as Columns<C>;
    }
  } finally {
    connection.closeSync();
  }
}

/** A column that a {@link NumberWriter} has written, with its nulls. */
export function written(column: string): string {
  return `CASE WHEN isnan(${column}) THEN NULL ELSE ${column} END`;
}

const CHUNK_ROWS = 2048;

/**
 * Appends numbers to a table that has nothing but columns of type DOUBLE, many times faster than by INSERT. What is null
 * is stored as NaN, see {@link written}: marking it as null takes longer than all else.
 */
export class NumberWriter {
  #chunk: DuckDBDataChunk;
  #columns: DuckDBVector[] = [];
  #rows = 0;

  private constructor(
    private readonly appender: Awaited<ReturnType<DuckDBConnection["createAppender"]>>,
    private readonly columnCount: number,
  ) {
    this.#chunk = this.#newChunk();
  }

  /** Creates a table, lets `work` write to it, and closes it. */
  static async create(
    connection: DuckDBConnection,
    table: string,
    columns: readonly string[],
    work: (writer: NumberWriter) => Promise<void>,
  ): Promise<void> {
    await connection.run(`CREATE OR REPLACE TABLE ${table} (${columns.map((name) => `${name} DOUBLE`).join(", ")});`);
    const writer = new NumberWriter(await connection.createAppender(table), columns.length);
    try {
      await work(writer);
      if (writer.#rows > 0) writer.#append();
    } finally {
      writer.appender.closeSync();
    }
  }

  /** @param row values in the order of the columns */
  write(row: readonly (number | null)[]): void {
    for (let i = 0; i < row.length; i++) this.#columns[i]!.setItem(this.#rows, row[i] ?? Number.NaN);
    if (++this.#rows < CHUNK_ROWS) return;
    this.#append();
    this.#chunk = this.#newChunk();
  }

  #newChunk(): DuckDBDataChunk {
    const types = Array.from({ length: this.columnCount }, () => engine.DOUBLE);
    const chunk = engine.DuckDBDataChunk.create(types, CHUNK_ROWS);
    this.#columns = types.map((_, i) => chunk.getColumnVector(i));
    this.#rows = 0;
    return chunk;
  }

  #append(): void {
    for (const column of this.#columns) column.flush();
    this.#chunk.rowCount = this.#rows;
    this.appender.appendDataChunk(this.#chunk);
  }
}
