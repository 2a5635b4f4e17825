import {
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from "jsonc-parser";

/** A file that is not changed, because it is not understood; the message says where and why. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const BYTE_ORDER_MARK = "\uFEFF";

type Path = readonly (string | number)[];

/**
 * A JSON file, with or without comments, that is edited in place: what is added stands behind the last of its
 * neighbours, all else stays byte for byte, and taking it away again gives what was there before.
 */
export class JsonFile {
  #body: string;
  readonly #mark: string;
  readonly #indent: string;
  readonly #eol: string;
  #root: Node;

  /** @throws {SettingsError} where it is no JSON, or no object */
  constructor(text = "") {
    this.#mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
    const body = text.slice(this.#mark.length);
    this.#body = body.trim() === "" ? "{}\n" : body;
    this.#indent = /^([ \t]+)"/m.exec(body)?.[1] ?? "  ";
    this.#eol = body.includes("\r\n") ? "\r\n" : "\n";
    this.#root = this.#parsed();
    if (this.#root.type !== "object") throw new SettingsError("it holds no JSON object");
  }

  get text(): string {
    return this.#mark + this.#body;
  }

  get value(): Record<string, unknown> {
    return getNodeValue(this.#root) as Record<string, unknown>;
  }

  /** Adds a member to an object, or to the end of an array (then its key does not matter). */
  add(path: Path, key: string, value: unknown): void {
    const parent = this.#at(path);
    const last = parent.children?.at(-1);
    const isCompact = !this.#textOf(parent).includes("\n") && last !== undefined;
    const pretty = isCompact
      ? JSON.stringify(value)
      : JSON.stringify(value, null, this.#indent).replaceAll("\n", this.#eol + this.#indent.repeat(path.length + 1));
    const member = parent.type === "array" ? pretty : `${JSON.stringify(key)}:${isCompact ? "" : " "}${pretty}`;
    const inner = this.#eol + this.#indent.repeat(path.length + 1);
    if (last) this.#replace(endOf(last), endOf(last), `,${isCompact ? "" : inner}${member}`);
    else this.#replace(parent.offset + 1, parent.offset + 1, inner + member + this.#lineEnd(path.length));
  }

  /** Replaces a text. */
  setText(path: Path, text: string): void {
    const node = this.#at(path);
    this.#replace(node.offset, endOf(node), JSON.stringify(text));
  }

  /** Takes a member away, with the comma and the space that parted it from the one before. */
  remove(path: Path): void {
    const value = this.#at(path);
    const member = value.parent!.type === "property" ? value.parent! : value;
    const container = member.parent!;
    const siblings = container.children!;
    const place = siblings.indexOf(member);
    if (place > 0) return this.#replace(endOf(siblings[place - 1]!), endOf(member), "");
    const next = siblings[1];
    if (next) return this.#replace(member.offset, next.offset, "");
    const rest = this.#body.slice(endOf(member));
    const lineEnd = this.#lineEnd(path.length - 1);
    const end = endOf(member) + (rest.startsWith(lineEnd) ? lineEnd.length : 0);
    this.#replace(container.offset + 1, end, "");
  }

  #lineEnd(depth: number): string {
    return this.#eol + this.#indent.repeat(depth);
  }

  #at(path: Path): Node {
    return findNodeAtLocation(this.#root, [...path])!;
  }

  #textOf(node: Node): string {
    return this.#body.slice(node.offset, endOf(node));
  }

  #replace(from: number, to: number, text: string): void {
    this.#body = this.#body.slice(0, from) + text + this.#body.slice(to);
    this.#root = this.#parsed();
  }

  #parsed(): Node {
    const errors: ParseError[] = [];
    const root = parseTree(this.#body, errors, { allowTrailingComma: true });
    const [error] = errors;
    if (root && !error) return root;
    const before = this.#body.slice(0, error?.offset).split("\n");
    const what = error ? printParseErrorCode(error.error) : "nothing in it";
    throw new SettingsError(
      `it is no valid JSON: ${what} at line ${before.length}, column ${before.at(-1)!.length + 1}`,
    );
  }
}

function endOf(node: Node): number {
  return node.offset + node.length;
}
