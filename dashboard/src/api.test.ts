import { afterEach, expect, it, vi } from "vitest";

import { read } from "./api.js";

afterEach(() => vi.unstubAllGlobals());

const answer = (body: string, status = 200) => vi.stubGlobal("fetch", async () => new Response(body, { status }));

it("gives what the server says", async () => {
  answer('{"total":1}');
  expect(await read("workflows")).toEqual({ total: 1 });
});

it("does not take what is left of an answer for one", async () => {
  answer('{"total":');
  await expect(read("workflows")).rejects.toThrow("was not to be read");
});

it("says what is wrong, in the server's words where it has any", async () => {
  answer('{"error":"no such day"}', 400);
  await expect(read("workflows")).rejects.toThrow("no such day");
  answer("<html>", 502);
  await expect(read("workflows")).rejects.toThrow("the server answered 502");
});
