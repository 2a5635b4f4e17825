import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { detailOf } from "../../../test/support/workflow-detail.js";
import { followRunning, running } from "./running.js";

beforeEach(() => vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("lets go of a workflow that ended between the list and its details", async () => {
  const detail = detailOf([{ agent: "architect", from: 0, to: 600 }], 600);
  let list = { total: 1, workflows: [{ workflow_id: detail.workflow_id }] };
  vi.stubGlobal("fetch", async (path: string) => Response.json(path.includes("?status=running") ? list : detail));
  const stop = followRunning();
  await vi.advanceTimersByTimeAsync(1);
  list = { total: 0, workflows: [] };
  expect(running.value.map(({ value }) => value.status)).toEqual(["completed"]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(running.value).toEqual([]);
  stop();
});
