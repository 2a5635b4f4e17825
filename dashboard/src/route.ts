import { computed, signal } from "@preact/signals";

/** Every state of the page is in its address: a path and parameters. */
export interface Route {
  /** Without slashes at its ends: `workflows/wf-1` is `["workflows", "wf-1"]`. */
  readonly path: readonly string[];
  readonly parameters: URLSearchParams;
}

const address = signal(new URL(location.href));

addEventListener("popstate", () => {
  address.value = new URL(location.href);
});

/** Where the page is. */
export const route = computed<Route>(() => ({
  path: address.value.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent),
  parameters: address.value.searchParams,
}));

/** An address of this page. Parameters without a value are left out. */
export function href(path: readonly string[], parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const query = new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])),
  ).toString();
  return `/${path.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

/** Goes to an address of this page. `replace`: it is the same view, with other parameters: Back does not stop there. */
export function go(to: string, { replace = false } = {}): void {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.value = new URL(location.href);
  if (!replace) scrollTo(0, 0);
}

/** Changes parameters of the current view. */
export function setParameters(changes: Readonly<Record<string, string | undefined>>, { replace = true } = {}): void {
  const { path, parameters } = route.value;
  go(href(path, { ...Object.fromEntries(parameters), ...changes }), { replace });
}

/** Follows links of this page without loading it anew. */
export function followLinks(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  if (!link || link.origin !== location.origin || link.hasAttribute("download") || link.target) return;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(link.href);
}
