/*
 * A whole terminal that is drawn anew again and again. Escape sequences: ECMA-48, and xterm's for the alternate screen
 * (1049), the cursor (25) and synchronized output (2026), which terminals that do not know them ignore.
 */

import { isolated } from "./bidi.js";
import { output } from "./terminal.js";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[2J";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_TO_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

/** A full screen on standard output. Whatever ends the process, the terminal is put back as it was. */
export class Screen {
  #shown = "";
  #open = true;
  readonly #restore = () => this.close();
  readonly #resized = () => {
    this.#shown = "";
    this.#redraw();
  };
  readonly #continued = () => {
    process.stdin.setRawMode?.(true);
    output().write(ENTER);
    this.#resized();
  };
  readonly #pressed = (keys: Buffer) => {
    const text = keys.toString("latin1");
    // In raw mode the terminal leaves Ctrl-C to us.
    if (text.includes("\u0003")) process.exit(130);
    if (/^[qQ\u0004]/.test(text)) process.exit(0);
  };

  /** @param redraw called when the terminal has another size */
  constructor(readonly redraw: () => void) {
    process.on("exit", this.#restore);
    process.once("SIGHUP", this.#hungUp);
    process.on("SIGCONT", this.#continued);
    output().on("resize", this.#resized);
    output().write(ENTER);
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(true);
      process.stdin.on("data", this.#pressed);
    }
  }

  /** Lines that a frame may have. */
  get rows(): number {
    return output().rows || 24;
  }

  /** Shows these lines, which must be no wider than the terminal. What stays the same is not written. */
  draw(lines: readonly string[]): void {
    const frame = lines
      .slice(0, this.rows)
      .map((line) => isolated(line) + CLEAR_TO_LINE_END)
      .join("\r\n");
    if (!this.#open || frame === this.#shown) return;
    this.#shown = frame;
    // In one write, over what is there: nothing is cleared before, so that nothing flickers.
    output().write(`${BEGIN}${HOME}${frame}${CLEAR_BELOW}${END}`);
  }

  /** Puts the terminal back as it was. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.off("exit", this.#restore);
    process.off("SIGHUP", this.#hungUp);
    process.off("SIGCONT", this.#continued);
    output().off("resize", this.#resized);
    if (process.stdin.isTTY) {
      process.stdin.off("data", this.#pressed);
      process.stdin.setRawMode(false);
      process.stdin.pause();
    }
    output().write(LEAVE);
  }

  readonly #hungUp = () => process.exit(129);

  #redraw(): void {
    if (this.#open) this.redraw();
  }
}
