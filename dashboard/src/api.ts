import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

/** What is known of an answer of the server: the last one stays while the next is on its way. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly error: string | undefined;
  readonly loading: boolean;
}

/** Raised when the log has changed: whoever shows something of it asks again. */
export const changes: Signal<number> = signal(0);

/** @throws with what the server says is wrong */
export async function read<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, init);
  const body = (await response.json().catch(() => undefined)) as (T & { error?: string }) | undefined;
  if (!response.ok) throw new Error(body?.error ?? `the server answered ${response.status}`);
  return body as T;
}

/**
 * Asks the server for something, again whenever the log has changed. `undefined` asks for nothing.
 *
 * @param path below `/api/v1/`
 */
export function useApi<T>(path: string | undefined): ReadonlySignal<Answer<T>> {
  const answer = useMemo(() => signal<Answer<T>>({ data: undefined, error: undefined, loading: true }), []);
  useEffect(() => {
    if (path === undefined) return undefined;
    const abort = new AbortController();
    let asking = false;
    let again = false;
    const ask = async () => {
      if (asking) {
        again = true;
        return;
      }
      asking = true;
      answer.value = { ...answer.peek(), loading: true };
      try {
        answer.value = { data: await read<T>(path, { signal: abort.signal }), error: undefined, loading: false };
      } catch (error) {
        if (abort.signal.aborted) return;
        answer.value = { ...answer.peek(), error: (error as Error).message, loading: false };
      } finally {
        asking = false;
      }
      if (again && !abort.signal.aborted) {
        again = false;
        void ask();
      }
    };
    const stop = changes.subscribe(() => void ask());
    return () => {
      stop();
      abort.abort();
    };
  }, [path]);
  return answer;
}
