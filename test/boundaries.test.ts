import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

import { describe, expect, it } from "vitest";

import { ROOT } from "./support/oak.js";

const SOURCE = join(ROOT, "src");

/** Which part of src/ may import which others; every part may import event/. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  event: [],
  otlp: [],
  record: ["otlp"],
  agents: [],
  log: [],
  capture: ["record", "log", "otlp"],
  analyze: [],
  select: ["analyze"],
  backtest: ["select", "analyze"],
  tables: ["log", "analyze", "select"],
  "selector.ts": ["analyzer.ts", "analyzer-source.ts", "tables", "analyze", "select", "agents"],
  "backtester.ts": ["tables", "select", "backtest"],
  "analyzer.ts": ["analyzer-source.ts", "tables", "analyze"],
  "analyzer-source.ts": ["tables"],
  alerts: ["analyzer.ts", "analyze", "log"],
  access: ["tables", "log", "otlp"],
  mcp: ["analyzer.ts", "selector.ts", "select", "analyze", "record"],
  serve: ["analyzer.ts", "alerts", "selector.ts", "select", "analyze", "record", "log", "mcp", "capture"],
  cli: [
    "alerts",
    "analyzer.ts",
    "selector.ts",
    "access",
    "analyze",
    "select",
    "record",
    "log",
    "backtest",
    "backtester.ts",
    "serve",
    "mcp",
    "capture",
  ],
  "index.ts": ["analyzer.ts", "selector.ts", "backtester.ts", "backtest", "analyze", "select", "record"],
};

/** Specifiers of all imports of a module, static and dynamic, of values and of types. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\bcreateRequire\(.*?\)\()"([^"]+)"/g)].map(
    ([, specifier]) => specifier!,
  );
}

describe("the parts of src/", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const partOf = (path: string) => relative(SOURCE, path).split("/")[0]!;

  it.each(files)("%s imports only what it may", (file) => {
    const part = partOf(join(SOURCE, file));
    const allowed = new Set([part, "event", ...MAY_IMPORT[part]!]);
    const local = importsOf(join(SOURCE, file)).filter((specifier) => specifier.startsWith("."));
    for (const specifier of local) {
      const target = resolve(SOURCE, dirname(file), specifier.replace(/\.js$/, ".ts"));
      expect([...allowed], `${file} imports ${specifier}`).toContain(partOf(target));
    }
  });

  it.each(files.filter((file) => /^(analyze|select)\//.test(file)))("%s is pure: no I/O, no clock", (file) => {
    expect(importsOf(join(SOURCE, file)).filter((specifier) => !specifier.startsWith("."))).toEqual([]);
    expect(readFileSync(join(SOURCE, file), "utf8")).not.toMatch(/Date\.now|new Date\(\)|performance\.|process\./);
  });
});

describe("what is built", () => {
  /** Everything that a built module reaches, followed through the files of dist/. */
  function reach(path: string, imports: (path: string) => string[], seen = new Set<string>()): Set<string> {
    const outside = new Set<string>();
    if (seen.has(path)) return outside;
    seen.add(path);
    for (const specifier of imports(path)) {
      if (!specifier.startsWith(".")) outside.add(specifier);
      else for (const found of reach(resolve(dirname(path), specifier), imports, seen)) outside.add(found);
    }
    return outside;
  }

  it("is a recorder that reaches node's own modules only", () => {
    const outside = [...reach(join(ROOT, "dist/record.js"), importsOf)];
    expect(outside.length).toBeGreaterThan(0);
    for (const specifier of outside) expect(builtinModules).toContain(specifier.replace(/^node:/, ""));
  });

  it.each(["otel", "openai-agents", "ai-sdk"])(
    "and the adapter %s: neither the SQL engine nor its framework",
    (name) => {
      const outside = [...reach(join(ROOT, `dist/${name}.js`), importsOf)];
      for (const unwanted of ["@duckdb/node-api", "@opentelemetry/sdk-trace-base", "@openai/agents-core", "ai"])
        expect(outside).not.toContain(unwanted);
    },
  );

  it("is found wanting when it would reach more", () => {
    expect([...reach(join(ROOT, "dist/index.js"), importsOf)]).toContain("@duckdb/node-api");
  });

  it("is all that loads with the whole package until something is analysed: not the SQL engine", () => {
    // Modules import at the beginning of a line; the command, which is CommonJS, requires there.
    const loaded = /^(?:(?:import|export)\b.*?|(?:const|let) \w+ = require\(|.*\bcreateRequire\)?\(.*?\)\()"([^"]+)"/gm;
    const atOnce = (path: string) =>
      [...readFileSync(path, "utf8").matchAll(loaded)].map(([, specifier]) => specifier!);
    for (const entry of ["dist/index.js", "dist/cli/main.cjs"])
      for (const engine of ["@duckdb/node-api", "@duckdb/node-bindings"])
        expect([...reach(join(ROOT, entry), atOnce)]).not.toContain(engine);
    // The command holds the engine's JavaScript: what it would ask for is the native part.
    const engine = readdirSync(join(ROOT, "dist/chunks")).find((name) => /^engine-.*\.cjs$/.test(name));
    expect([...reach(join(ROOT, "dist/chunks", engine!), atOnce)]).toContain("@duckdb/node-bindings");
  });
});
