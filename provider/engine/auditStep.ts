import type { Values } from "./values";

/** What an operation turned into what. */
export interface AuditStep {
  readonly kind: "create" | "update" | "import";
  /** The checked inputs. */
  readonly inputs: Values;
  /** Outputs before; empty on creation. */
  readonly olds: Values;
  readonly outputs: Values;
}

/** Records what happened to a resource. */
export type Audit = (definition: string, resource: string, step: AuditStep) => void;
