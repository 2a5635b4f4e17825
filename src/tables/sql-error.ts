/** Why a query gave nothing. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  constructor(
    message: string,
    /** The query was not run, because it is not one that reads. */
    readonly refused: boolean,
  ) {
    super(message);
  }
}
