import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";

import { read, useApi } from "../api.js";

interface About {
  readonly directory: string;
  readonly total_invocations: number;
  readonly total_workflows: number;
}

/** Where nothing has been recorded yet: how to get data. `unless`: what to show where something has been. */
export function Empty({ unless }: { unless: ComponentChildren }) {
  const about = useApi<About>("about");
  const data = about.value.data;
  if (!data) return null;
  if (data.total_invocations + data.total_workflows > 0) return <p>{unless}</p>;
  return <HowToBegin directory={data.directory} />;
}

function HowToBegin({ directory }: { directory: string }) {
  const trouble = useSignal<string | undefined>(undefined);
  const working = useSignal(false);
  const showDemo = async () => {
    working.value = true;
    trouble.value = undefined;
    try {
      const { url } = await read<{ url: string }>("demo", { method: "POST" });
      location.href = url;
    } catch (error) {
      trouble.value = (error as Error).message;
      working.value = false;
    }
  };
  return (
    <section class="empty">
      <h2>No telemetry yet</h2>
      <p>
        This page shows what is recorded in <code>{directory}</code>.
      </p>
      <dl>
        <dt>From Claude Code</dt>
        <dd>
          <code>oak init claude-code</code> records from now on, <code>oak import claude-code</code> reads the history
          that is there.
        </dd>
        <dt>From a program</dt>
        <dd>
          <code>import {"{ startWorkflow }"} from "oak-telemetry"</code>
        </dd>
        <dt>From a script</dt>
        <dd>
          <code>oak log --help</code>
        </dd>
        <dt>From OpenTelemetry</dt>
        <dd>
          Send OTLP to <code>{location.origin}/v1/traces</code>
        </dd>
      </dl>
      <p>
        <button type="button" class="main" disabled={working.value} onClick={() => void showDemo()}>
          Show it with sample data
        </button>{" "}
        <span class="faint">in a separate directory: nothing is written into yours</span>
      </p>
      {trouble.value !== undefined && (
        <p class="trouble" role="alert">
          {trouble.value}
        </p>
      )}
    </section>
  );
}
