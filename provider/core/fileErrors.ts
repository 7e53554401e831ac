/** Why a file cannot be read or written, by the code that the operating system gives (POSIX, errno.h). */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a folder; must be a file",
  ELOOP: "is a symbolic link that leads back to itself",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EIO: "the device does not answer",
};

/**
 * Why a file cannot be read or written, in words.
 *
 * @param error what the file system threw
 * @example
 * describeFileError(Object.assign(new Error(), { code: "EISDIR" })); // "is a folder; must be a file"
 */
export function describeFileError(error: unknown): string {
  const { code = "", message = "cannot be read" } = error as { readonly code?: string; readonly message?: string };
  return Object.hasOwn(REASONS, code) ? REASONS[code]! : code || message;
}

/** Whether a file is absent, rather than unreadable. */
export function isAbsent(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === "ENOENT" || code === "ENOTDIR";
}
