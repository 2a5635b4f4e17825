import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

/** What is known of an answer of the server: the last one stays while the next is on its way. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly error: string | undefined;
  readonly loading: boolean;
  /** The server says that there is no such thing. */
  readonly missing: boolean;
}

/** The server knows nothing of this name. */
class MissingError extends Error {}

const NOTHING = { data: undefined, error: undefined, loading: true, missing: false };

/** Raised when the log has changed: whoever shows something of it asks again. */
export const changes: Signal<number> = signal(0);

/** @throws with what the server says is wrong */
export async function read<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, init).catch((error: unknown) => {
    if ((error as Error).name === "AbortError") throw error;
    throw new Error("The server is not reached: what stands here is the last that was known.");
  });
  const body = (await response.json().catch((error: unknown) => {
    if ((error as Error).name === "AbortError") throw error;
    // A refusal says enough by itself.
    if (response.ok)
      throw new Error("The server's answer was not to be read: what stands here is the last that was known.");
    return undefined;
  })) as (T & { error?: string }) | undefined;
  if (response.status === 404) throw new MissingError(body?.error);
  if (!response.ok) throw new Error(body?.error ?? `the server answered ${response.status}`);
  return body as T;
}

/**
 * Asks the server for something, again whenever the log has changed. `undefined` asks for nothing.
 *
 * @param path below `/api/v1/`
 */
export function useApi<T>(path: string | undefined): ReadonlySignal<Answer<T>> {
  const answer = useMemo(() => signal<Answer<T>>(NOTHING), []);
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
        answer.value = { ...NOTHING, data: await read<T>(path, { signal: abort.signal }), loading: false };
      } catch (error) {
        if (abort.signal.aborted) return;
        const missing = error instanceof MissingError;
        answer.value = { ...answer.peek(), error: (error as Error).message, loading: false, missing };
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
