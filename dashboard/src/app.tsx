import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { VIEWS, type ViewName } from "../../src/serve/views.js";
import { Help, helpOpen } from "./components/help.js";
import { handleKey } from "./keys.js";
import { connection, listen } from "./live/stream.js";
import { followLinks, href, route } from "./route.js";
import { Agent } from "./views/agent.js";
import { Agents } from "./views/agents.js";
import { Coordination } from "./views/coordination.js";
import { Now } from "./views/now.js";
import { Recommend } from "./views/recommend.js";
import { Workflow } from "./views/workflow.js";
import { Workflows } from "./views/workflows.js";

interface View {
  readonly All: ComponentType;
  /** Of one of them. */
  readonly One?: ComponentType<{ id: string }>;
}

const COMPONENTS: Readonly<Record<ViewName, View>> = {
  now: { All: Now },
  workflows: { All: Workflows, One: Workflow },
  agents: { All: Agents, One: Agent },
  coordination: { All: Coordination },
  recommend: { All: Recommend },
};

/** The page: where one is, and what is to be seen there. */
export function App() {
  useEffect(() => {
    listen();
    addEventListener("keydown", handleKey);
    return () => removeEventListener("keydown", handleKey);
  }, []);
  const { path } = route.value;
  const name = VIEWS.find((one) => one === (path[0] ?? "now"));
  const view = name && COMPONENTS[name];
  const title = name ? titleOf(name) : "Not found";
  const main = useRef<HTMLElement>(null);
  const arrived = useRef(false);
  useEffect(() => {
    document.title = `${path[1] ?? title} · oak`;
    // Who moves by keyboard or listens goes on at the new content; who has just come begins at the top.
    if (arrived.current) main.current?.focus({ preventScroll: true });
    arrived.current = true;
  }, [title, path[1]]);
  return (
    <div onClick={followLinks}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header>
        <a class="brand" href="/">
          oak
        </a>
        <nav aria-label="Views">
          {VIEWS.map((to) => (
            <a href={href([to])} aria-current={name === to ? "page" : undefined} key={to}>
              {titleOf(to)}
            </a>
          ))}
        </nav>
        <Connection />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {view === undefined ? (
          <Missing />
        ) : path[1] !== undefined && view.One ? (
          <view.One id={path[1]} key={path[1]} />
        ) : (
          <view.All />
        )}
      </main>
      {helpOpen.value && <Help />}
    </div>
  );
}

function titleOf(name: ViewName): string {
  return `${name[0]!.toUpperCase()}${name.slice(1)}`;
}

function Connection() {
  const text = { connecting: "connecting", live: "live", lost: "server not reached: trying again" }[connection.value];
  return (
    <p class={`connection ${connection.value}`} role="status">
      {text}
    </p>
  );
}

function Missing() {
  return (
    <section>
      <h1>There is no such view</h1>
      <p>
        <a href="/">What is running now</a>
      </p>
    </section>
  );
}
