/** No certificate bundle, key or config is larger; parsers stop here instead of working on junk. */
export const MAX_TEXT_LENGTH = 1024 * 1024;
