import { signal } from "@preact/signals";

/** Whether the help is open. */
export const helpOpen = signal(false);

const KEYS = [
  ["/", "search"],
  ["g n", "now"],
  ["g w", "workflows"],
  ["g a", "agents"],
  ["g c", "coordination"],
  ["g r", "recommend"],
  ["← →", "walk along the critical path of a timeline"],
  ["+ −", "zoom into a timeline; drag moves it"],
  ["f", "fit a timeline"],
  ["?", "this help"],
] as const;

export function Help() {
  return (
    <dialog open aria-labelledby="help-title" class="help">
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
      <button type="button" onClick={() => (helpOpen.value = false)}>
        Close
      </button>
    </dialog>
  );
}
