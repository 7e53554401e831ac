export const MEBIBYTE = 1024 * 1024;

/** A machine config goes to a node in one gRPC message, of which Talos takes no larger one; and no patch is larger. */
export const MAX_TEXT_LENGTH = 32 * MEBIBYTE;

/** No certificate bundle, key or talosconfig is larger; parsers stop here instead of working on junk. */
export const MAX_CREDENTIALS_LENGTH = MEBIBYTE;

/** No file of Talos is nested deeper. */
export const MAX_DEPTH = 100;

/** No config has as many nodes, aliases followed; a file of aliases to aliases would. */
export const MAX_NODES = 1_000_000;

/** What a reader of YAML holds of a text before it knows the nodes: a text of 32 MiB may be all punctuation. */
export const MAX_TOKENS = 4_000_000;
