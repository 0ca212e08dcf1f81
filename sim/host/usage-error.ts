// Wrong use of the command line: exit status 2 and one line.

/** The message is the line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
