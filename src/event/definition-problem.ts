/** A file or folder of which nothing could be learned, and why. */
export interface DefinitionProblem {
  readonly path: string;
  readonly reason: string;
}
