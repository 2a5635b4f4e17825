import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { RunningServer } from "../serve/server.js";
import { note } from "./terminal.js";

/** Sample work in a directory of its own, served at an address of its own, as long as the server runs. */
export class ServedDemo {
  #server: Promise<RunningServer> | undefined;

  constructor(private readonly serveDirectory: (directory: string) => Promise<RunningServer>) {}

  /** Records it, and gives the address; its last workflow is live. */
  async start(): Promise<string> {
    this.#server ??= this.#record();
    try {
      return (await this.#server).url;
    } catch (error) {
      this.#server = undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    await server?.stop();
    if (server) rmSync(server.directory, { recursive: true, force: true });
  }

  async #record(): Promise<RunningServer> {
    const { runDemo } = await import("./demo.js");
    const directory = await mkdtemp(join(tmpdir(), "oak-demo-"));
    try {
      const server = await this.serveDirectory(directory);
      // Not awaited: it goes on for some seconds.
      runDemo(directory, () => undefined).catch((error: unknown) =>
        note(`oak: the sample data is not whole: ${String(error)}`),
      );
      return server;
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }
}
