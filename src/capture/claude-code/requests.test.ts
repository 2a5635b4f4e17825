import { describe, expect, it } from "vitest";

import { Requests } from "./requests.js";

const user = (content: unknown, more: object = {}) => ({
  type: "user",
  uuid: "u",
  message: { role: "user", content },
  ...more,
});

describe("requests of the user", () => {
  it.each([
    ["a text", user("please"), "u"],
    ["blocks", user([{ type: "image" }, { type: "text", text: "please" }]), "u"],
    ["with an id of its own", user("please", { promptId: "p" }), "p"],
    ["said to be a person's", user("please", { origin: { kind: "human" } }), "u"],
    ["a command of the user's", user("<command-name>/review</command-name>"), "u"],
  ])("are: %s", (_, record, key) => expect(new Requests().requestOf(record)?.key).toBe(key));

  it.each([
    ["results of tools", user([{ type: "tool_result", tool_use_id: "t", content: "x" }])],
    ["what the program adds", user("please", { isMeta: true })],
    ["what is left of a long conversation", user("This session is being continued", { isCompactSummary: true })],
    ["what subagents are told", user("please", { isSidechain: true })],
    ["notifications", user("<task-notification>…", { origin: { kind: "task-notification" } })],
    ["notifications of older versions", user("<task-notification>…")],
    ["interruptions", user([{ type: "text", text: "[Request interrupted by user for tool use]" }])],
    ["output of local commands", user("<local-command-stdout>ok</local-command-stdout>")],
    ["commands of the program", user("<command-name>/clear</command-name>")],
    ["answers", { type: "assistant", uuid: "u", message: { content: "please" } }],
    ["nothing at all", user([])],
  ])("are not: %s", (_, record) => expect(new Requests().requestOf(record)).toBeUndefined());

  it("are not made again by the text that a command stands for", () => {
    const requests = new Requests();
    expect(requests.requestOf(user("<command-name>/review</command-name>"))?.key).toBe("u");
    expect(
      requests.requestOf(user([{ type: "text", text: "Review it." }], { uuid: "v", parentUuid: "u" })),
    ).toBeUndefined();
    expect(requests.requestOf(user("next", { uuid: "w", parentUuid: "v" }))?.key).toBe("w");
  });
});
