/** Ends the command with a message for the user instead of a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    message: string,
    /** 1: it could not be done. 2: the call was wrong. */
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}

/** What the system says, in the order in which people read it: `traces.jsonl: no such file or directory`. */
export function systemErrorText({ message, path }: NodeJS.ErrnoException): string {
  const [, reason] = /^[A-Z0-9]+: (.+), \w+( '.*)?$/s.exec(message) ?? [];
  return reason === undefined || path === undefined ? message : `${path}: ${reason}`;
}
