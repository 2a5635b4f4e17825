import { VIEWS } from "../../src/serve/views.js";
import { helpOpen } from "./components/help.js";
import { go, href } from "./route.js";

/** A key that waits for a second one, and since when, milliseconds. */
let waiting = { key: "", at: 0 };
const PATIENCE = 1500;

/** `/` search, `g` then a letter: a view, `?` help, which Escape closes. */
export function handleKey(event: KeyboardEvent): void {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (target.closest("input, textarea, select, [contenteditable]")) return;
  const follows = waiting.key === "g" && event.timeStamp - waiting.at < PATIENCE;
  waiting = { key: event.key, at: event.timeStamp };
  const view = follows ? VIEWS.find((name) => name[0] === event.key) : undefined;
  if (view !== undefined) go(href([view]));
  else if (event.key === "?") helpOpen.value = !helpOpen.value;
  else if (event.key === "/") document.querySelector<HTMLInputElement>("input[type=search], [data-search]")?.focus();
  else return;
  event.preventDefault();
}
