import type { LogKind } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import * as check from "./arguments.js";
import type { LoggerOptions } from "./calls.js";
import type { Failures } from "./failures.js";
import { LogFiles } from "./log-files.js";
import { Mirror, MirrorError, mirrorOfEnvironment } from "./mirror.js";
import { DeliveryError, endpointOf, Remote, type Endpoint } from "./remote.js";

/** Brings lines where they are to go: to the files of the log, or all to a server; and to a mirror besides. */
export class Delivery {
  readonly #directory: string;
  readonly #failures: Failures;
  readonly #files: LogFiles;
  readonly #remote: Remote | undefined;
  readonly #mirror: Mirror | undefined;

  /**
   * @param to the telemetry directory, and whether anything is recorded at all: options are checked anyway
   * @param failures hears of what cannot be written or sent
   * @throws {ArgumentError} for a wrong option; what is wrong in the environment is a failure
   */
  constructor(
    { directory, enabled }: { readonly directory: string; readonly enabled: boolean },
    options: LoggerOptions,
    failures: Failures,
  ) {
    this.#directory = directory;
    this.#failures = failures;
    const fsync = check.optionalFlag("fsync", options.fsync) ?? false;
    this.#mirror = enabled ? this.#openMirror(options.otlp) : undefined;
    const { onWritten } = failures;
    const endpoint = this.#endpoint(options);
    this.#remote =
      endpoint && enabled
        ? new Remote({
            ...endpoint,
            directory,
            fsync,
            onWritten,
            onLost: (lines) => failures.lost(lines),
            onTrouble: (error) => failures.report(error),
          })
        : undefined;
    this.#files = new LogFiles(directory, { fsync, onWritten });
  }

  /** Never throws. Takes a line without its line end, and the time in milliseconds since 1970. */
  append(kind: LogKind, line: string, now: number): void {
    if (this.#remote) this.#remote.append(line, now);
    else this.#files.append(kind, line, now);
    if (this.#mirror) this.#mirrored(line);
  }

  /** Closes the files. A later line opens them again. */
  close(): void {
    this.#remote?.close();
    this.#files.close();
  }

  /** Waits until a server has what it is to get, or cannot have it for now; no longer than two seconds. */
  async flush(): Promise<void> {
    await this.#remote?.flush();
  }

  /** A wrong argument is the caller's mistake, a wrong environment is not: then the log of the directory has the events. */
  #endpoint({ endpoint, token }: LoggerOptions): Endpoint | undefined {
    if (endpoint === null) return undefined;
    const url = check.optionalId("endpoint", endpoint) ?? undefined;
    const secret = check.optionalId("token", token) ?? process.env["OAK_TOKEN"];
    try {
      return endpointOf(url ?? process.env["OAK_ENDPOINT"], secret);
    } catch (error) {
      const { message } = error as DeliveryError;
      if (url !== undefined) throw new check.ArgumentError("endpoint", message);
      this.#failures.report(new DeliveryError(`OAK_ENDPOINT ${message}; events are written to ${this.#directory}`));
      return undefined;
    }
  }

  /** A wrong argument is the caller's mistake, a wrong environment is not. */
  #openMirror(given: LoggerOptions["otlp"]): Mirror | undefined {
    check.optionalObject("otlp", given as Readonly<Record<string, unknown>> | undefined);
    const otlp = given ?? mirrorOfEnvironment();
    if (!otlp) return undefined;
    try {
      check.text("otlp.endpoint", otlp.endpoint);
      return new Mirror(otlp, (error) => this.#failures.report(error));
    } catch (error) {
      if (given && error instanceof MirrorError) throw new check.ArgumentError("otlp.endpoint", error.message);
      if (given) throw error;
      this.#failures.report(new MirrorError(`OAK_OTLP_ENDPOINT ${(error as Error).message}`));
      return undefined;
    }
  }

  /** What cannot be sent must not keep the caller from going on. */
  #mirrored(line: string): void {
    try {
      this.#mirror?.add(JSON.parse(line) as TelemetryEvent);
    } catch (error) {
      this.#failures.report(error);
    }
  }
}
