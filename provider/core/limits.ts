/** No certificate bundle, key or config is larger; parsers stop here instead of working on junk. */
export const MAX_TEXT_LENGTH = 1024 * 1024;

/** No config has as many nodes, aliases followed; a file of aliases to aliases would. */
export const MAX_NODES = 200_000;

/** No file of Talos is nested deeper. */
export const MAX_DEPTH = 100;
