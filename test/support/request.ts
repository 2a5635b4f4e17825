import { Agent, request as send, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";

import { onTestFinished } from "vitest";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * Asks a server just so: unlike `fetch` it sends any Host and Origin, and a path as it stands.
 *
 * @param path with what follows it, such as `/api/v1/workflows?limit=1`
 */
export function request(
  url: string,
  path: string,
  { method = "GET", headers = {}, body }: Asked = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  // With "Connection: close" a server that refuses a long body closes before its answer can be read.
  const agent = new Agent({ keepAlive: true });
  return new Promise<Answer>((resolve, reject) => {
    const sent = send({ hostname: hostname.replace(/^\[|\]$/g, ""), port, path, method, headers, agent });
    let answered = false;
    sent.on("response", (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    // A server that has said what it thinks of a request need not read the rest of it.
    sent.on("error", (error) => answered || reject(error));
    sent.end(body);
  }).finally(() => agent.destroy());
}

interface JsonAnswer<T> extends Answer {
  readonly json: T;
}

/** The same, of which the answer is JSON. */
export async function requestJson<T = Record<string, unknown>>(
  url: string,
  path: string,
  asked?: Asked,
): Promise<JsonAnswer<T>> {
  const answer = await request(url, path, asked);
  return { ...answer, json: JSON.parse(answer.body) as T };
}

/** A connection on which anything may be sent; what comes back is gathered until the server closes it. */
export class RawConnection {
  received = "";
  readonly socket: Socket;
  readonly closed: Promise<void>;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.setEncoding("utf8").on("data", (text: string) => (this.received += text));
    // A server that has enough resets it.
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
    onTestFinished(() => void this.socket.destroy());
  }
}
