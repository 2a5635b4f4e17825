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

/** File-system errors that say what is wrong with the user's folder, not with this program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}

/** What the system says, in the order in which people read it: `traces.jsonl: no such file or directory`. */
export function systemErrorText({ message, path }: NodeJS.ErrnoException): string {
  const [, reason] = /^[A-Z0-9]+: (.+), \w+( '.*)?$/s.exec(message) ?? [];
  return reason === undefined || path === undefined ? message : `${path}: ${reason}`;
}
