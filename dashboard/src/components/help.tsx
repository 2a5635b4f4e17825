import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { VIEWS } from "../../../src/serve/views.js";

/** Whether the help is open. */
export const helpOpen = signal(false);

const KEYS = [
  ["/", "search"],
  ...VIEWS.map((name) => [`g ${name[0]!}`, name] as const),
  ["← →", "walk along the critical path of a timeline"],
  ["+ −", "zoom into a timeline; drag moves it"],
  ["f", "fit a timeline"],
  ["?", "this help"],
] as const;

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="help-title" class="help" onClose={() => (helpOpen.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
