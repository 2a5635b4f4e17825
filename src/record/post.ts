import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";

/** A server that cannot be reached at once is down, or somewhere where nothing answers, milliseconds. */
const CONNECT_MILLISECONDS = 2000;

/** How long a server may take to answer, milliseconds. */
const ANSWER_MILLISECONDS = 15_000;

/** More of an answer is not read, characters. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** What a server answers. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Node's own client is loaded when there is something to send. */
interface Client {
  readonly request: (url: string, options: RequestOptions) => ClientRequest;
  readonly agent: Agent;
}

/** Posts lines to one address, over one connection, which does not keep the program running. */
export class Post {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #client: Promise<Client> | undefined;

  constructor(url: string, token: string | undefined) {
    this.#url = url;
    this.#headers = {
      "content-type": "application/x-ndjson",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** @throws what the system says when nobody answers */
  async send(body: string): Promise<Answer> {
    this.#client ??= openClient(this.#url);
    const client = await this.#client;
    const bytes = Buffer.from(body);
    try {
      return await this.#once(client, bytes);
    } catch (error) {
      // The server closed the connection, as it may between two requests.
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#once(client, bytes);
    }
  }

  #once({ request, agent }: Client, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, "content-length": body.length };
      const posted = request(this.#url, { method: "POST", agent, headers });
      const limit = (milliseconds: number, problem: string) =>
        setTimeout(() => posted.destroy(new Error(problem)), milliseconds).unref();
      let timer = limit(CONNECT_MILLISECONDS, `no connection within ${CONNECT_MILLISECONDS / 1000} s`);
      const connected = () => {
        clearTimeout(timer);
        timer = limit(ANSWER_MILLISECONDS, `no answer within ${ANSWER_MILLISECONDS / 1000} s`);
      };
      posted.on("socket", (socket) => {
        socket.unref();
        if (socket.connecting) socket.once("connect", connected);
        else connected();
      });
      posted.on("close", () => clearTimeout(timer));
      posted.on("error", (error: NodeJS.ErrnoException) => {
        const stale = posted.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(stale ? new StaleConnection() : new Error(`${this.#url} cannot be reached: ${reasonOf(error)}`));
      });
      posted.on("response", (response) => resolve(read(response)));
      posted.end(body);
    });
  }
}

class StaleConnection extends Error {}

async function openClient(url: string): Promise<Client> {
  const http = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  return { request: http.request, agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) };
}

async function read(response: IncomingMessage): Promise<Answer> {
  let body = "";
  response.setEncoding("utf8");
  for await (const text of response) {
    body += text as string;
    if (body.length > MOST_CHARACTERS) response.destroy();
  }
  return { status: response.statusCode ?? 0, body };
}

/** `localhost` is tried as IPv4 and as IPv6: that gives several errors in one, without a text. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.errors.length > 0) return (error.errors[0] as Error).message;
  return error.message || (error.code ?? "unknown error");
}
