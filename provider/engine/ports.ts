import type { Environment } from "../core/environment";
import type { PemReader } from "../core/x509/pemReader";
import type { Nodes } from "./nodes";

/** What the machine gives to a provider process: clock, randomness, files. */
export interface Host {
  readonly environment: Environment;
  /**
   * Reads files below a folder, relative to the program's own. A file that is not there is absent from the answer; one
   * that cannot be read for another reason rejects, and so does a folder that is missing or none.
   *
   * @param path the input that names the folder, for errors
   * @throws PkiError ERR_INPUT_INVALID, with what the operating system said
   */
  readFiles(folder: string, names: readonly string[], path?: string): Promise<Readonly<Record<string, string>>>;
  /** What talks to nodes; loaded when it is first asked for. */
  nodes(): Promise<Nodes>;
}

/** What a definition may use while it plans and applies. */
export interface Context extends Host {
  /** Reads each PEM once in the life of the process. */
  readonly pems: PemReader;
  /** Reports what a long operation waits for, at once. */
  progress(line: string): void;
  /** Aborted when the user cancels; a definition that waits must listen. */
  readonly signal: AbortSignal;
}
