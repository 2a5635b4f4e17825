import engine from "@duckdb/node-api";

/**
 * The SQL engine. Its JavaScript is bundled: it is a CommonJS package of more than a hundred files, and to find and read
 * them takes as long as to read a history of ten thousand runs. Only its native part is installed.
 */
export { engine };
