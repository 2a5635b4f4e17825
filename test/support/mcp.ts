import { Client } from "@modelcontextprotocol/client";
import { onTestFinished } from "vitest";

/** The official client, which has greeted the server and been answered; it leaves when the test ends. */
export async function connectTo(transport: object): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  onTestFinished(() => client.close());
  return client;
}
