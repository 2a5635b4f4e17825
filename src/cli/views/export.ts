import type { ExportResult } from "../../access/exporter.js";
import { count, grouped } from "../format.js";
import { table } from "../table.js";
import { heading } from "../terminal.js";

export function exportText({ directory, files }: ExportResult): string {
  return [
    heading(directory),
    table(files, [
      { header: "FILE", value: ({ file }) => file, wraps: true },
      { header: "ROWS", align: "right", value: ({ rows }) => grouped(rows) },
      { header: "BYTES", align: "right", value: ({ bytes }) => grouped(bytes) },
    ]),
  ].join("\n");
}

/** What is not in the files; nothing where that is nothing. */
export function leftOutText({ left_out }: ExportResult): string | undefined {
  if (!left_out) return undefined;
  const parts = [
    [left_out.invocations_without_agent, "invocation without an agent", "invocations without an agent"],
    [
      left_out.feedback_without_rating,
      "feedback without a rating from 1 to 5",
      "feedbacks without a rating from 1 to 5",
    ],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, one, many]) => count(number, one, many));
  return said.length > 0 ? `left out, as the Python analyzer cannot take it: ${said.join(", ")}` : undefined;
}
