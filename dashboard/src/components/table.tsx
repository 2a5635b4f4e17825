import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

import { route, setParameters } from "../route.js";

/** A column of a {@link DataTable}. */
export interface Column<R> {
  /** Names it in the address and in exports. */
  readonly id: string;
  readonly name: string;
  /** What it is sorted and exported by; `null`: not known, which comes last. */
  readonly value: (row: R) => string | number | boolean | null;
  /** How it is shown; by default as its value. */
  readonly show?: (row: R) => ComponentChildren;
  /** `text` may wrap, numbers stand to the right. */
  readonly kind?: "number" | "text";
  /** What it means, where the name does not say it. */
  readonly title?: string;
}

interface Properties<R> {
  /** Names the table in the address and in the files of its exports. */
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
  /** Column id; `-id`: largest first. */
  readonly sortedBy?: string;
  /** As many rows are drawn at once. */
  readonly page?: number;
  /** The server sorts and pages: rows stay as they come, and this gives all of them to be taken away. */
  readonly all?: () => Promise<readonly R[]>;
  /** A glance at what another view has: rows stay as they come, and are not to be taken away. */
  readonly glance?: boolean;
}

const PAGE = 50;

/** A table that can be sorted, goes on by pages, and can be taken away as CSV and JSON. */
export function DataTable<R>(given: Properties<R>) {
  const { id, caption, columns, rows, keyOf, sortedBy, page = PAGE, all, glance = false } = given;
  const { parameters } = route.value;
  const shown = Number(parameters.get(`${id}.rows`)) || page;
  const order = parameters.get(`${id}.sort`) ?? sortedBy;
  const fixed = glance || all !== undefined;
  const sorted = useMemo(() => (fixed ? rows : sortRows(rows, columns, order)), [rows, order]);
  return (
    <>
      <div class="table" role="region" aria-label={caption} tabIndex={0}>
        <table>
          <caption>
            <span>{caption}</span>
          </caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  class={column.kind}
                  title={column.title}
                  aria-sort={fixed ? undefined : sortOf(order, column.id)}
                >
                  {fixed ? (
                    column.name
                  ) : (
                    <button
                      type="button"
                      onClick={() => setParameters({ [`${id}.sort`]: next(order, column) }, { replace: true })}
                    >
                      {column.name}
                      {order === column.id ? " ↑" : order === `-${column.id}` ? " ↓" : ""}
                    </button>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <tr key={keyOf(row)}>
                {columns.map((column) => (
                  <td key={column.id} class={column.kind}>
                    {column.show ? column.show(row) : plain(column.value(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!glance && (
        <p class="controls">
          {sorted.length > shown && (
            <button type="button" onClick={() => setParameters({ [`${id}.rows`]: String(shown + 2 * page) })}>
              Show more ({(sorted.length - shown).toLocaleString()} left)
            </button>
          )}
          <Exports id={id} columns={columns} rows={all ?? (() => Promise.resolve(sorted))} />
        </p>
      )}
    </>
  );
}

/** A value as it is; a text in its own direction of writing. */
function plain(value: string | number | boolean | null): ComponentChildren {
  return typeof value === "string" ? <bdi>{value}</bdi> : String(value ?? "–");
}

interface ExportProperties<R> extends Pick<Properties<R>, "id" | "columns"> {
  readonly rows: () => Promise<readonly R[]>;
}

/** Takes all rows away as a file. */
function Exports<R>({ id, columns, rows }: ExportProperties<R>) {
  const trouble = useSignal<string | undefined>(undefined);
  const working = useSignal(false);
  const take = async (name: string, type: string, textOf: (rows: readonly R[]) => string) => {
    working.value = true;
    trouble.value = undefined;
    try {
      save(name, type, textOf(await rows()));
    } catch (error) {
      trouble.value = (error as Error).message;
    }
    working.value = false;
  };
  const toJson = (given: readonly R[]) => JSON.stringify(given.map(toObject(columns)), null, 2);
  return (
    <>
      <button
        type="button"
        disabled={working.value}
        onClick={() => void take(`${id}.csv`, "text/csv", (given) => toCsv(columns, given))}
      >
        CSV
      </button>
      <button
        type="button"
        disabled={working.value}
        onClick={() => void take(`${id}.json`, "application/json", toJson)}
      >
        JSON
      </button>
      {trouble.value !== undefined && <span role="alert">{trouble.value}</span>}
    </>
  );
}

function sortRows<R>(rows: readonly R[], columns: readonly Column<R>[], order: string | undefined): readonly R[] {
  const descending = order?.startsWith("-") ?? false;
  const column = columns.find(({ id }) => id === order?.replace(/^-/, ""));
  if (!column) return rows;
  const direction = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return typeof x === "string" && typeof y === "string"
      ? direction * x.localeCompare(y)
      : direction * (Number(x) - Number(y));
  });
}

function sortOf(order: string | undefined, id: string): "ascending" | "descending" | undefined {
  return order === id ? "ascending" : order === `-${id}` ? "descending" : undefined;
}

/** Numbers are looked at from the largest on, texts from A on. */
function next<R>(order: string | undefined, { id, kind }: Column<R>): string {
  const first = kind === "number" ? `-${id}` : id;
  return order === first ? (kind === "number" ? id : `-${id}`) : first;
}

function toObject<R>(columns: readonly Column<R>[]): (row: R) => Record<string, unknown> {
  return (row) => Object.fromEntries(columns.map(({ id, value }) => [id, value(row)]));
}

function toCsv<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const cell = (value: string | number | boolean | null) => {
    const text = value === null ? "" : String(value);
    // A spreadsheet takes what begins so for a formula.
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [columns.map(({ id }) => id), ...rows.map((row) => columns.map(({ value }) => value(row)))];
  return `${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

function save(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
