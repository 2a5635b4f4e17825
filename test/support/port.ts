import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** Where the system takes ports from for those who ask for any; on Linux it says so. */
function ephemeral(): number {
  try {
    return Number(/^\d+/.exec(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8"))?.[0]);
  } catch {
    return 32_768;
  }
}

/**
 * A port that is free, and stays so while a server that listens on it is started anew: the system gives it to nobody who
 * asks for any port, as other tests do.
 */
export async function freePort(): Promise<number> {
  const [first, last] = [10_000, Math.max(ephemeral(), 11_000)];
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
