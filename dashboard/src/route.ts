import { computed, signal, useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

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
    .map(decoded),
  parameters: address.value.searchParams,
}));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Typed by hand: it names nothing, and is said to.
    return part;
  }
}

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

/** What changes quickly is told to the address once it rests: browsers refuse many changes at once. Milliseconds. */
const REST = 250;

/**
 * State that is also in the address. Parameters that are absent are `undefined`.
 *
 * @param names of parameters
 * @param also what else changes in the address with any of them
 */
export function useInAddress(
  names: readonly string[],
  also: Readonly<Record<string, undefined>> = {},
): Signal<Readonly<Record<string, string | undefined>>> {
  const given = () =>
    Object.fromEntries(names.map((name) => [name, route.value.parameters.get(name) ?? undefined] as const));
  const textOf = (values: Readonly<Record<string, string | undefined>>) =>
    JSON.stringify(names.map((name) => values[name] || undefined));
  const state = useSignal(given());
  const there = textOf(given());
  const here = textOf(state.value);
  const told = useRef(there);
  useEffect(() => {
    // Somebody else changed it: what was told from here may be behind what has been typed since.
    if (told.current !== there) state.value = given();
    told.current = there;
  }, [there]);
  useEffect(() => {
    if (here === there) return undefined;
    const timer = setTimeout(() => {
      told.current = here;
      setParameters({ ...state.peek(), ...also });
    }, REST);
    return () => clearTimeout(timer);
  }, [here]);
  return state;
}

/** Follows links of this page without loading it anew. */
export function followLinks(event: MouseEvent): void {
  const link = (event.target as Element).closest("a");
  if (!link || link.origin !== location.origin || link.hasAttribute("download") || link.target) return;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  // Within the page, and what is no part of it.
  if (link.hash !== "" || link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(link.href);
}
